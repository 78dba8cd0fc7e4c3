import { COLLECT_WINDOWS } from '../../firewall/kinds/windows/collect.ts';
import type { Layer } from '../../firewall/layer.ts';
import type { PosternError } from '../../model/errors.ts';
import { runPowerShell } from '../windows/powershell.ts';
import { toLayer } from './reading.ts';

const ORIGIN = 'Get-NetFirewallRule';
/** Some thousand rules, and the store answers slowly. */
const TIMEOUT_MS = 120_000;

/** The active policy of Windows Defender Firewall. Adds to `problems` what could not be read. */
export async function readWindowsLayers(problems: PosternError[]): Promise<readonly Layer[]> {
  const result = await runPowerShell(COLLECT_WINDOWS, TIMEOUT_MS);
  const isRead = result.state === 'ok';
  const layer = toLayer(
    {
      kind: 'windows',
      role: 'live',
      sources: isRead ? [{ origin: ORIGIN, text: result.stdout }] : [],
      failed: isRead ? [] : [{ origin: ORIGIN, problem: result.problem }],
    },
    problems,
  );
  return layer === null ? [] : [layer];
}
