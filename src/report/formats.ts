import type { Format } from './format.ts';
import { csv } from './formats/csv.ts';
import { html } from './formats/html.ts';
import { json } from './formats/json.ts';
import { jsonl } from './formats/jsonl.ts';
import { markdown } from './formats/markdown.ts';
import { sarif } from './formats/sarif.ts';
import { table } from './formats/table.ts';
import { xml } from './formats/xml.ts';

/** Every file of formats/, in the order that help and documentation list them. */
export const FORMATS: readonly Format[] = [table, json, jsonl, csv, xml, html, sarif, markdown];

/** The format called `name` (`--format`). */
export function formatByName(name: string): Format | undefined {
  return FORMATS.find((format) => format.name === name);
}

/** The format that a file's ending chooses (`-o FILE`), in any case. */
export function formatByEnding(path: string): Format | undefined {
  const lower = path.toLowerCase();
  return FORMATS.find((format) => format.endings.some((ending) => lower.endsWith(ending)));
}
