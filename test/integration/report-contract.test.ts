import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { SCAN_SCHEMAS } from '../../src/contract/scan.ts';
import { json } from '../../src/report/formats/json.ts';
import { jsonl } from '../../src/report/formats/jsonl.ts';
import { emptyReport, sampleReport } from '../helpers/sample-report.ts';

type Name = keyof typeof SCAN_SCHEMAS;

function validator(schema: object) {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
  addFormats.default(ajv);
  return (value: unknown) => {
    const check = ajv.getSchema('root') ?? ajv.addSchema(schema, 'root').getSchema('root');
    check?.(value);
    return check?.errors ?? [];
  };
}

/** As published: open to fields that a later version adds. */
function published(name: Name) {
  const url = new URL(`../../schemas/${name}.schema.json`, import.meta.url);
  return validator(JSON.parse(readFileSync(url, 'utf8')));
}

/** The same with every object closed: what this version writes has no field without a word on it. */
function closed(name: Name) {
  return validator(z.toJSONSchema(SCAN_SCHEMAS[name], { io: 'output' }));
}

describe.each([
  ['published', published],
  ['closed', closed],
])('%s schema', (_, schemaOf) => {
  it('accepts json', () => {
    const errors = schemaOf('postern.scan-1');
    for (const report of [sampleReport(), emptyReport()]) {
      expect(errors(JSON.parse([...json.render(report)].join('')))).toEqual([]);
    }
  });

  it('accepts every line of jsonl', () => {
    const errors = schemaOf('postern.scan-line-1');
    for (const line of jsonl.render(sampleReport())) expect(errors(JSON.parse(line))).toEqual([]);
  });
});

describe('published schema', () => {
  it('rejects a wrong word, and accepts a field it does not know', () => {
    const errors = published('postern.scan-1');
    const report = sampleReport();
    expect(errors({ ...report, schema: 'postern.scan/2' })[0]?.instancePath).toBe('/schema');
    expect(errors({ ...report, hosts: [{}] })[0]?.instancePath).toBe('/hosts/0');
    expect(errors({ ...report, later: true })).toEqual([]);
  });
});
