import { constants } from 'node:buffer';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { scanReport } from '../contract/scan.ts';
import { messageOf, PosternError, problem } from '../model/errors.ts';
import type { LookSource } from '../model/history.ts';
import type { ScanReport } from '../model/scan.ts';
import { reportOfImport } from '../store/imports/imported.ts';
import { readLines } from '../store/imports/lines.ts';
import { readNmap } from '../store/imports/nmap.ts';
import { formatAddress, parseAddress } from '../targets/address.ts';

export interface ImportedFile {
  readonly source: LookSource;
  readonly report: ScanReport;
  /** Records that were not understood. */
  readonly skipped: number;
}

/** Largest file that is read; more would not fit one string. */
const MAX_BYTES = constants.MAX_STRING_LENGTH;

/** A report file of Postern or nmap. Throws DIFF_SIDE. */
export async function readReportFile(path: string): Promise<ScanReport> {
  const { report } = await readImport(path, undefined, 'DIFF_SIDE');
  return report;
}

/**
 * A report of Postern (JSON), nmap, masscan, naabu or zgrab2, told by what is in it. The id of a file
 * that has none is made of its bytes, so that it is stored once. Throws IMPORT_FILE, or `code`.
 */
export async function readImport(
  path: string,
  vantage: string | undefined,
  code: 'IMPORT_FILE' | 'DIFF_SIDE' = 'IMPORT_FILE',
): Promise<ImportedFile> {
  const refuse = (reason: string, cause?: unknown): PosternError =>
    problem(code, { value: path, problem: reason }, cause);
  try {
    const bytes = await readWhole(path);
    const text = bytes
      .toString('utf8')
      .replace(/^\ufeff/, '')
      .trimStart();
    if (text.startsWith('<')) {
      const imported = readNmap(text, canonical);
      if (imported === null) throw refuse('it is XML, but not of nmap');
      const report = reportOfImport(imported, idOf(bytes), vantage ?? 'nmap');
      return { source: 'nmap', report, skipped: 0 };
    }
    return (
      readJson(text) ?? linesOf(text, bytes, vantage) ?? fail(refuse('its format is not known'))
    );
  } catch (error) {
    throw error instanceof PosternError ? error : refuse(messageOf(error), error);
  }
}

/** Piece by piece: what is no file (a pipe, a device) may never end. */
async function readWhole(path: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of createReadStream(path)) {
    size += (piece as Buffer).length;
    if (size > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
    pieces.push(piece as Buffer);
  }
  return Buffer.concat(pieces);
}

function fail(error: PosternError): never {
  throw error;
}

/** Null: it is no report of ours. */
function readJson(text: string): ImportedFile | null {
  if (!text.startsWith('{') || !text.slice(0, 200).includes('postern.scan/1')) return null;
  const { data: report, error } = scanReport.safeParse(JSON.parse(text));
  if (report === undefined) {
    const [issue] = error.issues;
    throw new Error(`${issue?.path.join('.')}: ${issue?.message}`);
  }
  const twice = repeated(report.hosts.map(({ address }) => address));
  if (twice !== undefined) throw new Error(`it lists ${twice} twice`);
  return { source: 'scan', report, skipped: 0 };
}

function repeated(texts: readonly string[]): string | undefined {
  const met = new Set<string>();
  return texts.find((text) => met.size === met.add(text).size);
}

function linesOf(text: string, bytes: Buffer, vantage: string | undefined): ImportedFile | null {
  const read = readLines(text, canonical, new Date().toISOString());
  if (read === null) return null;
  const { tool, imported, skipped } = read;
  return { source: tool, report: reportOfImport(imported, idOf(bytes), vantage ?? tool), skipped };
}

function canonical(text: string): string | null {
  const address = parseAddress(text);
  return address === null ? null : formatAddress(address);
}

/** The first 16 bytes of SHA-256 as a UUID of version 8 (RFC 9562, own make). */
function idOf(bytes: Buffer): string {
  const hex = createHash('sha256').update(bytes).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
