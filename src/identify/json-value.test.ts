import { expect, it } from 'vitest';
import { flagAt, listAt, numberAt, textAt, valueAt } from './json-value.ts';

const json: unknown = JSON.parse('{"a":{"b":"c","n":1,"f":false,"l":[1,2]},"__proto__":{"x":1}}');

it('reads own members of the type that is asked for', () => {
  expect(textAt(json, 'a', 'b')).toBe('c');
  expect(numberAt(json, 'a', 'n')).toBe(1);
  expect(flagAt(json, 'a', 'f')).toBe(false);
  expect(listAt(json, 'a', 'l')).toEqual([1, 2]);
});

it('gives nothing where the path or the type is another', () => {
  expect(textAt(json, 'a', 'n')).toBeUndefined();
  expect(textAt(json, 'a', 'b', 'length')).toBeUndefined();
  expect(valueAt(json, 'constructor')).toBeUndefined();
  expect(numberAt(null, 'a')).toBeUndefined();
  expect(flagAt(undefined)).toBeUndefined();
});

it('bounds texts and lists', () => {
  const long: unknown = { text: 'x'.repeat(5_000), list: Array.from({ length: 999 }, () => 0) };
  expect(textAt(long, 'text')?.length).toBe(1_024);
  expect(listAt(long, 'list')?.length).toBe(256);
});
