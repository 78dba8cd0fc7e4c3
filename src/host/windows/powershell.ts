import { type CommandResult, runCommand } from '../run.ts';

/** PowerShell takes seconds to start, and WMI more to answer. */
const TIMEOUT_MS = 30_000;

/** Runs a script in Windows PowerShell. */
export function runPowerShell(script: string, timeoutMs = TIMEOUT_MS): Promise<CommandResult> {
  // its own form for scripts: no quoting can go wrong
  const encoded = Buffer.from(script, 'utf16le').toString('base64');
  const args = ['-NoProfile', '-NonInteractive', '-EncodedCommand', encoded];
  return runCommand({ program: 'powershell', args, timeoutMs });
}
