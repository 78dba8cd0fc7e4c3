import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { scanReport } from '../contract/scan.ts';
import { messageOf, type PosternError, problem } from '../model/errors.ts';
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
const MAX_BYTES = 512 * 1024 * 1024;

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
  const bytes = await readFile(path).catch((error: unknown) => {
    throw refuse(messageOf(error), error);
  });
  if (bytes.length > MAX_BYTES) throw refuse(`it is larger than ${MAX_BYTES} bytes`);
  const text = bytes
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trimStart();
  try {
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
    throw error instanceof Error && 'code' in error ? error : refuse(messageOf(error), error);
  }
}

function fail(error: PosternError): never {
  throw error;
}

/** Null: it is no report of ours. */
function readJson(text: string): ImportedFile | null {
  if (!text.startsWith('{') || !text.slice(0, 200).includes('postern.scan/1')) return null;
  return { source: 'scan', report: scanReport.parse(JSON.parse(text)), skipped: 0 };
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
