import type { ExitCode } from '../exit.ts';
import { remedy, wishFrom } from '../remedy.ts';
import type { RemedyOptions } from '../remedy-options.ts';
import type { Terminal } from '../terminal.ts';

/** Writes, or makes, the change that closes a port of this host. */
export async function closeCommand(
  port: number,
  options: RemedyOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  return await remedy(wishFrom(port, options), options, terminal);
}
