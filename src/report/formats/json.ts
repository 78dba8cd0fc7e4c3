import type { ScanReport } from '../../model/scan.ts';
import type { Format } from '../format.ts';

/** A value inside the report, indented as JSON.stringify would indent it there. */
function nested(value: unknown, depth: number): string {
  return JSON.stringify(value, null, 2).replaceAll('\n', `\n${'  '.repeat(depth)}`);
}

function* list(name: string, items: readonly unknown[]): Iterable<string> {
  if (items.length === 0) {
    yield `,\n  "${name}": []`;
    return;
  }
  let before = `,\n  "${name}": [\n    `;
  for (const item of items) {
    yield before + nested(item, 2);
    before = ',\n    ';
  }
  yield '\n  ]';
}

/** The same text as of `nested`, piece by piece: a scan may have half a million targets or exclusions. */
function* pieces(value: unknown, depth: number): Iterable<string> {
  const indent = `\n${'  '.repeat(depth + 1)}`;
  let before = '';
  if (Array.isArray(value)) {
    for (const item of value) {
      yield `${before === '' ? '[' : ','}${indent}`;
      yield* pieces(item, depth + 1);
      before = ',';
    }
    yield before === '' ? '[]' : `\n${'  '.repeat(depth)}]`;
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      if (item === undefined) continue;
      yield `${before === '' ? '{' : ','}${indent}${JSON.stringify(key)}: `;
      yield* pieces(item, depth + 1);
      before = ',';
    }
    yield before === '' ? '{}' : `\n${'  '.repeat(depth)}}`;
  } else {
    yield JSON.stringify(value);
  }
}

/** Exactly JSON.stringify(report, null, 2), one host at a time. */
function* render(report: ScanReport): Iterable<string> {
  yield `{\n  "schema": ${JSON.stringify(report.schema)},\n  "scan": `;
  yield* pieces(report.scan, 1);
  yield* list('hosts', report.hosts);
  yield* list('findings', report.findings);
  yield '\n}\n';
}

/** One document, schemas/postern.scan-1.schema.json. */
export const json: Format = {
  name: 'json',
  endings: ['.json'],
  mediaType: 'application/json',
  render,
};
