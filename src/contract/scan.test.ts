import { describe, expect, expectTypeOf, it } from 'vitest';
import type { z } from 'zod';
import type { ScanLine, ScanReport } from '../model/scan.ts';
import { SCAN_SCHEMAS, type scanLine, scanReport } from './scan.ts';

type Frozen<T> = T extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Frozen<T[Key]> }
    : T;

describe('scan contract', () => {
  it('says the same as the model, optional keys included', () => {
    expectTypeOf<Frozen<z.infer<typeof scanReport>>>().toEqualTypeOf<Frozen<ScanReport>>();
    expectTypeOf<Frozen<z.infer<typeof scanLine>>>().toEqualTypeOf<Frozen<ScanLine>>();
    expect(Object.keys(scanReport.shape)).toEqual(['schema', 'scan', 'hosts', 'findings']);
  });

  it('describes every field', () => {
    for (const [name, schema] of Object.entries(SCAN_SCHEMAS)) {
      expect(undescribed(schema.toJSONSchema(), name)).toEqual([]);
    }
  });
});

/** Paths of properties without a description. A constant says itself what it is. */
function undescribed(schema: unknown, path: string): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const found: string[] = [];
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'properties') {
      for (const [name, field] of Object.entries(value)) {
        const told = typeof field === 'object' && field !== null;
        if (!told || !('description' in field || 'const' in field)) found.push(`${path}.${name}`);
      }
    }
    found.push(...undescribed(value, `${path}.${key}`));
  }
  return found;
}
