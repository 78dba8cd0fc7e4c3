/** Strings of a list that are looked at; the longest SSH and SMB lists have fewer than 100. */
const MAX_ITEMS = 256;
const MAX_TEXT = 1024;

/**
 * Reads the details of a service, which are whatever a plugin, a file or another version wrote: a
 * field of another type than expected counts as absent.
 */
export interface Facts {
  flag(name: string): boolean | undefined;
  text(name: string): string | undefined;
  number(name: string): number | undefined;
  list(name: string): readonly string[];
  under(name: string): Facts;
  /** The items of a list of objects. */
  items(name: string): readonly Facts[];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function ofType<Value>(is: (value: unknown) => value is Value, value: unknown): Value | undefined {
  return is(value) ? value : undefined;
}

const isFlag = (value: unknown) => typeof value === 'boolean';
const isNumber = (value: unknown) => typeof value === 'number';
const isText = (value: unknown) => typeof value === 'string';

export function factsOf(details: unknown): Facts {
  const fields = isRecord(details) ? details : {};
  const field = (name: string): unknown => (Object.hasOwn(fields, name) ? fields[name] : undefined);
  return {
    flag: (name) => ofType(isFlag, field(name)),
    number: (name) => ofType(isNumber, field(name)),
    text: (name) => ofType(isText, field(name))?.slice(0, MAX_TEXT),
    list: (name) => textsOf(field(name)),
    under: (name) => factsOf(field(name)),
    items: (name) => itemsOf(field(name)).map(factsOf),
  };
}

function textsOf(value: unknown): readonly string[] {
  return itemsOf(value)
    .filter(isText)
    .map((text) => text.slice(0, MAX_TEXT));
}

function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, MAX_ITEMS) : [];
}
