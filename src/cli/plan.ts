import type { Engine, Pace } from '../probe/engine.ts';
import { type Estimate, estimate } from '../probe/estimate.ts';
import { formatPorts } from '../targets/ports.ts';
import { formatShard, type Shard } from '../targets/shard.ts';
import { spokenTime } from './progress.ts';

/** Probes the engines send to a silent port before they call it filtered. */
const ATTEMPTS = 2;
/** Longest port list written out in a plan, in characters. */
const SHOWN_PORTS = 60;

export interface PlanFacts {
  readonly addresses: number;
  /** Whether all of them are this machine's own. */
  readonly loopback: boolean;
  readonly excluded: number;
  readonly ports: readonly number[];
  readonly shard?: Shard;
  readonly pace: Pace;
  readonly engine: Engine;
  readonly identify: boolean;
}

function count(value: number, one: string, many: string): string {
  return `${value.toLocaleString('en-US')} ${value === 1 ? one : many}`;
}

function portsText(ports: readonly number[]): string {
  const text = formatPorts(ports);
  return text.length <= SHOWN_PORTS ? text : `${text.slice(0, SHOWN_PORTS)}…`;
}

function sending({ addresses, loopback, ports, shard, pace }: PlanFacts): Estimate {
  const each = ports.length / (shard?.of ?? 1);
  return estimate({ addresses, loopback, ports: each, attempts: ATTEMPTS }, pace);
}

/** What a scan would send, for programs. */
export function planJson(facts: PlanFacts): Record<string, unknown> {
  const { addresses, excluded, ports, shard, pace, engine, identify } = facts;
  const { least, most, seconds } = sending(facts);
  return {
    addresses,
    excluded,
    ports: formatPorts(ports),
    ...(shard === undefined ? {} : { shard: formatShard(shard) }),
    engine: engine.name,
    pace,
    identify,
    probes: { least, most },
    leastSeconds: seconds,
  };
}

/** What a scan would send, in words. */
export function planText(facts: PlanFacts): string {
  const { addresses, excluded, ports, shard, pace, engine, identify } = facts;
  const { least, most, seconds } = sending(facts);
  const time =
    seconds === null
      ? 'as fast as the path allows: no limit is set'
      : `at least ${spokenTime(seconds)} of probing; silent ports take longer`;
  const lines = [
    `targets    ${count(addresses, 'address', 'addresses')}`,
    `excluded   ${excluded === 0 ? 'nothing' : count(excluded, 'entry', 'entries')}`,
    `ports      ${count(ports.length, 'TCP port', 'TCP ports')} each: ${portsText(ports)}`,
    ...(shard === undefined ? [] : [`shard      ${formatShard(shard)} of these ports`]),
    `engine     ${engine.name}`,
    `rate       ${pace.rate} in all, ${pace.perHost} per host (probes per second)`,
    `probes     ${least.toLocaleString('en-US')} if all answer, up to ${most.toLocaleString('en-US')} if all are silent`,
    `time       ${time}`,
    `identify   ${identify ? 'each open port is asked a few harmless questions' : 'no'}`,
  ];
  return `${lines.join('\n')}\nNothing was sent.\n`;
}
