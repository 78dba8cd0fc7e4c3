import { everyAddress } from '../../both-families.ts';
import { impossible, plainComment, sidesOf, slugOf, verbOf } from '../../change-parts.ts';
import type { Change, Command, Script } from '../../kind.ts';
import type { Layer } from '../../layer.ts';
import type { WindowsRule } from './document.ts';
import { literal, ruleText } from './rule-text.ts';
import { ours, pieces, remoteRanges } from './script-writer.ts';

/** Devices whose profile the layers know; a rule cannot say "all but this one". */
function devicesOf(layers: readonly Layer[]): readonly string[] {
  const found = new Set<string>();
  for (const layer of layers) {
    if (layer.kind !== 'windows') continue;
    for (const { rules } of layer.tables.flatMap(({ chains }) => chains))
      for (const { steps } of rules)
        for (const [test, action] of [steps])
          if (test !== undefined && 'test' in test && test.test === 'name')
            if (action !== undefined && 'do' in action && action.do === 'goto')
              for (const name of test.in) found.add(name);
  }
  return [...found];
}

function blockRules(
  change: Change,
  suffix: string,
  addresses: ReturnType<typeof everyAddress>,
  devices?: readonly string[],
): WindowsRule[] {
  const { transport, port, reason } = change;
  return pieces(remoteRanges(addresses)).map((ranges, at) => {
    const name = `Postern-${verbOf(change)}-${slugOf(change)}${suffix}${at === 0 ? '' : `-${at + 1}`}`;
    return ours({
      name,
      displayName: plainComment(reason) || name,
      action: 'Block',
      words: { Protocol: transport.toUpperCase() },
      lists: {
        LocalPort: [`${port}`],
        ...(ranges === null ? {} : { RemoteAddress: ranges }),
        ...(devices === undefined ? {} : { InterfaceAlias: devices }),
      },
    });
  });
}

function otherDevices(change: Change, layers: readonly Layer[]): WindowsRule[] {
  const { device } = change;
  if (device === undefined) return [];
  const known = devicesOf(layers);
  if (known.length === 0)
    throw impossible(change, 'windows', 'which network devices there are is not known');
  const others = known.filter((name) => name !== device);
  if (others.length === 0) return [];
  return blockRules(change, '-devices', everyAddress(change.families), others);
}

function powershell(script: string): Command {
  return {
    argv: ['powershell.exe', '-NoProfile', '-NonInteractive', '-Command', '-'],
    stdin: `$ErrorActionPreference = 'Stop'\n${script}\n`,
  };
}

/**
 * A block rule for everyone who may not come in: block beats allow, so what lets the port through
 * stays as it is, and undo removes just what was added. Rules made so are in the persistent store.
 */
export function changeWindows(change: Change, layers: readonly Layer[]): Script {
  if (change.forwarded !== undefined)
    throw impossible(
      change,
      'windows',
      'it is handed on to a container, which these rules do not see',
    );
  const { refused } = sidesOf(change, 'windows');
  const rules = [...blockRules(change, '', refused), ...otherDevices(change, layers)];
  if (rules.length === 0) throw impossible(change, 'windows', 'everyone may come in');
  const lines = rules.map(ruleText).join('\n');
  const removal = rules.map(({ name }) => `Remove-NetFirewallRule -Name ${literal(name)}`);
  return {
    kind: 'windows',
    apply: [powershell(lines)],
    undo: [powershell(removal.join('\n'))],
    persist: [],
    touches: [],
    text: `# as administrator in PowerShell: ${plainComment(change.reason)}\n${lines}\n# to take it back:\n${removal.map((line) => `# ${line}`).join('\n')}\n`,
    warnings: [
      'An allow rule with OverrideBlockRules (authenticated bypass) still lets its computers in.',
      ...(change.device === undefined
        ? []
        : ['Devices that are added later are not covered: the rule names those there are now.']),
    ],
  };
}
