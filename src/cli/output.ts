import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, open, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { messageOf, problem } from '../model/errors.ts';
import type { ScanReport } from '../model/scan.ts';
import type { Format, RenderOptions } from '../report/format.ts';
import { FORMATS, formatByEnding } from '../report/formats.ts';
import { write } from './terminal.ts';

/** A report that goes to a file. */
export interface OutputFile {
  readonly path: string;
  readonly format: Format;
}

/** Pieces are joined up to this many characters before they are written. */
const CHUNK = 64 * 1024;

/**
 * Reads `-o` values and makes sure, before anything is scanned, that each can be written. Throws
 * OUTPUT_FORMAT or OUTPUT_FILE.
 */
export async function outputFiles(paths: readonly string[]): Promise<OutputFile[]> {
  return Promise.all(
    paths.map(async (path) => {
      const format = formatByEnding(path);
      if (format === undefined) {
        const endings = FORMATS.flatMap((known) => known.endings).join(', ');
        throw problem('OUTPUT_FORMAT', { value: path, endings });
      }
      await access(dirname(resolve(path)), constants.W_OK).catch((error: unknown) => {
        throw problem('OUTPUT_FILE', { value: path, problem: messageOf(error) }, error);
      });
      return { path, format };
    }),
  );
}

function* chunks(pieces: Iterable<string>): Generator<string> {
  let joined = '';
  for (const piece of pieces) {
    joined += piece;
    if (joined.length < CHUNK) continue;
    yield joined;
    joined = '';
  }
  if (joined !== '') yield joined;
}

/** Writes the report beside its place and then moves it there: a reader never sees half of one. */
export async function writeReportFile(
  file: OutputFile,
  report: ScanReport,
  options: RenderOptions,
): Promise<void> {
  const beside = `${file.path}.${randomUUID().slice(0, 8)}.part`;
  try {
    const handle = await open(beside, 'wx');
    try {
      for (const chunk of chunks(file.format.render(report, options))) await handle.write(chunk);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, file.path);
  } catch (error) {
    await rm(beside, { force: true });
    throw problem('OUTPUT_FILE', { value: file.path, problem: messageOf(error) }, error);
  }
}

/** Writes the report to a stream, waiting while its reader is behind. */
export async function printReport(
  stream: NodeJS.WritableStream,
  format: Format,
  report: ScanReport,
  options: RenderOptions,
): Promise<void> {
  for (const chunk of chunks(format.render(report, options))) await write(stream, chunk);
}
