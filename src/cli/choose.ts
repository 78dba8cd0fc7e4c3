import { problem } from '../model/errors.ts';
import { isLoopback } from '../model/loopback.ts';
import type { Format } from '../report/format.ts';
import { formatByName } from '../report/formats.ts';
import { defaultPorts, type PortSelection, parsePorts, topPorts } from '../targets/ports.ts';
import type { ScanOptions } from './options.ts';

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

/** What is printed: `--format`, else JSON with `--json`, else the table. */
export function chooseFormat(options: Pick<ScanOptions, 'format' | 'json'>): Format {
  const name = options.format ?? (options.json === true ? 'json' : 'table');
  const format = formatByName(name);
  if (format === undefined) throw problem('OUTPUT_FORMAT_NAME', { value: name });
  return format;
}
