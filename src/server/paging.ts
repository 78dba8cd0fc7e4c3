import { z } from '@hono/zod-openapi';
import { readJson } from './plain.ts';

const MOST = 500;
const USUAL = 100;

/** How many things a page holds. */
export const limit = z.coerce
  .number()
  .int()
  .min(1)
  .max(MOST)
  .default(USUAL)
  .openapi({ type: 'integer', minimum: 1, maximum: MOST, default: USUAL });

/** Where a page begins: `next` of the page before. What it holds is ours alone, and checked again. */
export function cursor<Place extends z.ZodType>(place: Place) {
  return z
    .string()
    .max(2048)
    .transform((text, context): z.output<Place> => {
      const read = place.safeParse(fromText(text));
      if (read.success) return read.data;
      context.addIssue({ code: 'custom', message: 'it is no "next" of a page of this list' });
      return z.NEVER;
    })
    .optional()
    .openapi({
      type: 'string',
      description: 'The "next" of the page before; absent: from the start.',
    });
}

function fromText(text: string): unknown {
  try {
    return readJson(Buffer.from(text, 'base64url').toString());
  } catch {
    return null;
  }
}

/** A place as a page's `next` gives it, only with the fields of its schema. */
export function nextOf<Place extends z.ZodType>(
  place: Place,
  value: z.input<Place> | null,
): string | null {
  if (value === null) return null;
  return Buffer.from(JSON.stringify(place.parse(value))).toString('base64url');
}

/** A page of rows that were asked for with one more than its limit. */
export function pageFrom<Row, Item, Place extends z.ZodType>(
  rows: readonly Row[],
  {
    limit: most,
    itemOf,
    place,
    placeOf,
  }: {
    readonly limit: number;
    readonly itemOf: (row: Row) => Item;
    readonly place: Place;
    /** The place behind a row. */
    readonly placeOf: (row: Row) => z.input<Place>;
  },
): { items: Item[]; next: string | null } {
  const shown = rows.slice(0, most);
  const last = rows.length > most ? shown.at(-1) : undefined;
  return {
    items: shown.map(itemOf),
    next: nextOf(place, last === undefined ? null : placeOf(last)),
  };
}

/** The schema of a page: `items`, and `next` where there are more. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item),
    next: z.string().nullable().describe('Give it as "cursor" for the next page; null: the last.'),
  });
}
