import { readFile } from 'node:fs/promises';
import { messageOf, problem } from '../model/errors.ts';
import { KNOWN_PORTS } from '../model/known-ports.ts';
import { isLoopback } from '../model/loopback.ts';
import { NO_POLICY, type Policy } from '../model/policy.ts';
import type { Format } from '../report/format.ts';
import { formatByName } from '../report/formats.ts';
import { defaultPorts, type PortSelection, parsePorts, topPorts } from '../targets/ports.ts';
import type { GlobalOptions, ScanOptions } from './options.ts';

/** Everything there is: on this machine's own loopback it takes two seconds. */
const ALL = '-';

function isOwnLoopback(target: string): boolean {
  return target === 'localhost' || isLoopback(target);
}

/** Whether nothing but this machine's own loopback is named. */
export function areOwnLoopback(targets: readonly string[]): boolean {
  return targets.every(isOwnLoopback);
}

/**
 * The ports that `-p` and `--top` stand for. Without either: all TCP ports when nothing but loopback
 * addresses are looked at, else those of our own list. UDP ports are only those that `U:` names.
 */
export function choosePorts(
  { ports, top }: Pick<ScanOptions, 'ports' | 'top'>,
  targets: readonly string[],
): PortSelection {
  if (ports === undefined && top === undefined) {
    return { tcp: areOwnLoopback(targets) ? parsePorts(ALL).tcp : defaultPorts('tcp'), udp: [] };
  }
  const { tcp, udp } = ports === undefined ? { tcp: [], udp: [] } : parsePorts(ports);
  const most = top === undefined ? [] : topPorts(top, 'tcp');
  return { tcp: [...new Set([...tcp, ...most])].sort((a, b) => a - b), udp };
}

/** A policy as its file holds it. */
export interface PolicyFile {
  readonly path: string;
  readonly text: string;
}

/** The file that `--policy` names; null without one. Throws POLICY_FILE. */
export async function readPolicy({ policy }: GlobalOptions): Promise<PolicyFile | null> {
  if (policy === undefined) return null;
  const text = await readFile(policy, 'utf8').catch((error: unknown) => {
    throw problem('POLICY_FILE', { value: policy, problem: messageOf(error) }, error);
  });
  return { path: policy, text };
}

/** The policy in a file, or the one that holds without. Throws POLICY_INVALID. */
export async function choosePolicy(file: PolicyFile | null): Promise<Policy> {
  if (file === null) return NO_POLICY;
  // its schema and the YAML reader take eight megabytes, which a scan without a policy saves
  const { loadPolicy } = await import('../contract/policy.ts');
  return loadPolicy(file.text, file.path, { services: await serviceNames() });
}

/** Every word a policy may use for what answers; loaded only when there is a policy. */
async function serviceNames(): Promise<readonly string[]> {
  const { PROTOCOLS } = await import('../identify/registry.ts');
  const { DATAGRAM_PROTOCOLS } = await import('../identify/datagrams.ts');
  return [...PROTOCOLS, ...DATAGRAM_PROTOCOLS, ...KNOWN_PORTS].map(({ name }) => name);
}

/** What is printed: `--format`, else JSON with `--json`, else the table. */
export function chooseFormat(options: Pick<ScanOptions, 'format' | 'json'>): Format {
  const name = options.format ?? (options.json === true ? 'json' : 'table');
  const format = formatByName(name);
  if (format === undefined) throw problem('OUTPUT_FORMAT_NAME', { value: name });
  return format;
}
