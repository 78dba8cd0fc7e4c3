import { escapeMarkup } from '../text.ts';

/** HTML that has been escaped. Made by `html` alone, so that no text reaches a page unescaped. */
class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type { Markup };

type Value = string | number | Markup | readonly Markup[];

function textOf(value: Value): string {
  if (value instanceof Markup) return value.text;
  if (typeof value === 'object') return value.map((item) => item.text).join('');
  return escapeMarkup(String(value));
}

/** Template tag: what is interpolated is escaped, unless it is markup itself. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Markup {
  const parts = values.map((value, at) => (strings[at] ?? '') + textOf(value));
  return new Markup(parts.join('') + (strings.at(-1) ?? ''));
}

export const NOTHING = new Markup('');
