import { readNetwork } from '../../../model/network.ts';
import type { HostItem, PortItem, Statement } from '../pf/statements.ts';
import type { Element } from './xml.ts';

interface Alias {
  readonly type: string;
  readonly entries: readonly string[];
}

/** Aliases whose members stand in the configuration; others (URL tables, GeoIP) are filled elsewhere. */
const WRITTEN = new Set(['host', 'network', 'networkgroup', 'port']);

/** Aliases of aliases, as deep as anybody has them. */
const MOST_NESTED = 16;

function textOf(element: Element, name: string): string {
  return element.child(name)?.text ?? '';
}

/** OPNsense keeps members in lines, pfSense between blanks. */
function readAlias(element: Element): [string, Alias] {
  const content = textOf(element, 'content') || textOf(element, 'address');
  return [
    textOf(element, 'name'),
    {
      type: textOf(element, 'type'),
      entries: content.split(/[\s,]+/).filter((entry) => entry !== ''),
    },
  ];
}

/** `80`, `8000:8010`, `8000-8010`, a service name. */
export function portItem(text: string): PortItem {
  const [first = '', last] = text.split(/[:-]/);
  const numeric = /^\d+[:-]\d+$/.test(text);
  return numeric && last !== undefined
    ? { operator: ':', first, last }
    : { operator: '=', first: text };
}

/** The named lists of a configuration. */
export class Aliases {
  private readonly byName: ReadonlyMap<string, Alias>;

  constructor(root: Element) {
    const modern = root
      .child('OPNsense')
      ?.child('Firewall')
      ?.child('Alias')
      ?.child('aliases')
      ?.children('alias')
      .filter((alias) => textOf(alias, 'enabled') !== '0');
    const legacy = root.child('aliases')?.children('alias') ?? [];
    this.byName = new Map([...legacy, ...(modern ?? [])].map(readAlias));
  }

  has(name: string): boolean {
    return this.byName.has(name);
  }

  /** Aliases of addresses are pf's tables. One that is filled elsewhere has no members here. */
  tables(): readonly Statement[] {
    return [...this.byName]
      .filter(([, { type }]) => type !== 'port')
      .map(([name]) => {
        const hosts = this.hosts(name, MOST_NESTED);
        return hosts === null
          ? { is: 'table', name, files: ['elsewhere'] }
          : { is: 'table', name, files: [], hosts };
      });
  }

  private hosts(name: string, depth: number): readonly HostItem[] | null {
    const alias = this.byName.get(name);
    if (alias === undefined || !WRITTEN.has(alias.type) || depth === 0) return null;
    const hosts: HostItem[] = [];
    for (const entry of alias.entries) {
      const not = entry.startsWith('!');
      const text = not ? entry.slice(1) : entry;
      const nested = this.byName.has(text) ? this.hosts(text, depth - 1) : undefined;
      if (nested === null) return null;
      if (nested !== undefined) for (const host of nested) hosts.push(host);
      else if (readNetwork(text) !== null) hosts.push({ not, host: { is: 'addresses', text } });
      else hosts.push({ not, host: { is: 'other', text } });
    }
    return hosts;
  }

  /** A port, range, service name or alias of these. */
  ports(text: string, depth = MOST_NESTED): readonly PortItem[] {
    const alias = this.byName.get(text);
    if (alias === undefined) return [portItem(text)];
    // lists of ports that are fetched; no operator of pf: what is not known
    if (alias.type !== 'port' || depth === 0) return [{ operator: 'alias', first: text }];
    return alias.entries.flatMap((entry) => this.ports(entry, depth - 1));
  }
}
