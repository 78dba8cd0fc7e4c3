import type { ListenerLook } from '../look.ts';
import { runPowerShell } from './powershell.ts';
import { nothing, readWindowsAnswer } from './sockets.ts';

/** An error of a list ends it: no list must never look like an empty one. */
const QUESTION = [
  "$ErrorActionPreference = 'Stop'",
  '[Console]::OutputEncoding = New-Object Text.UTF8Encoding $false',
  "$socket = @{ Property = @('LocalAddress', 'LocalPort', 'OwningProcess') }",
  '$answer = @{',
  ' tcp = @(Get-NetTCPConnection -State Listen | Select-Object @socket);',
  ' udp = @(Get-NetUDPEndpoint | Select-Object @socket);',
  ' processes = @(Get-CimInstance Win32_Process | Select-Object ProcessId, Name, ExecutablePath, CommandLine);',
  " services = @(Get-CimInstance Win32_Service -Filter 'ProcessId > 0' | Select-Object Name, ProcessId, StartName)",
  '}',
  'ConvertTo-Json -InputObject $answer -Depth 3 -Compress',
].join('\n');

/** Every socket of this Windows machine that accepts traffic, asked for with one run of PowerShell. */
export async function readWindowsListeners(): Promise<ListenerLook> {
  const result = await runPowerShell(QUESTION);
  if (result.state === 'ok') return readWindowsAnswer(result.stdout);
  return nothing(`listeners: PowerShell could not be asked (${result.problem})`);
}
