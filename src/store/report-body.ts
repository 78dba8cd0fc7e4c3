import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { createGzip, gunzip } from 'node:zlib';
import type { ScanReport } from '../model/scan.ts';

/** Fast, and still a tenth of the text. */
const LEVEL = 1;
/** Characters zipped at once: each turn goes through another thread. */
const CHUNK = 1 << 20;

/** A report as gzipped JSON, host by host: the whole text would be too long for one string. */
export async function packReport(report: ScanReport): Promise<Uint8Array> {
  const zipped: Buffer[] = [];
  const pieces = Readable.from(chunked(piecesOf(report))).pipe(createGzip({ level: LEVEL }));
  for await (const piece of pieces) zipped.push(piece as Buffer);
  return Buffer.concat(zipped);
}

export async function unpackReport(body: Uint8Array): Promise<ScanReport> {
  const text = await promisify(gunzip)(body);
  return JSON.parse(text.toString('utf8')) as ScanReport;
}

function* chunked(pieces: Iterable<string>): Generator<string> {
  let chunk = '';
  for (const piece of pieces) {
    chunk += piece;
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = '';
  }
  yield chunk;
}

function* piecesOf({ hosts, findings, ...rest }: ScanReport): Generator<string> {
  yield `${JSON.stringify(rest).slice(0, -1)},"hosts":[`;
  yield* joined(hosts);
  yield '],"findings":[';
  yield* joined(findings);
  yield ']}';
}

function* joined(values: readonly unknown[]): Generator<string> {
  for (const [index, value] of values.entries()) {
    yield `${index === 0 ? '' : ','}${JSON.stringify(value)}`;
  }
}
