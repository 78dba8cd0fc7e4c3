import { type Engine, type Pace, sharedPace } from '../probe/engine.ts';
import { type Estimate, estimate } from '../probe/estimate.ts';
import { formatPorts } from '../targets/ports.ts';
import { formatShard, type Shard } from '../targets/shard.ts';
import { spokenTime } from './progress.ts';

/** Probes the TCP engines send to a silent port before they call it filtered. */
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
  readonly udp?: {
    readonly ports: readonly number[];
    readonly engine: Engine;
    /** Datagrams to one address if every port stays silent. */
    readonly mostEach: number;
  };
  readonly identify: boolean;
}

function count(value: number, one: string, many: string): string {
  return `${value.toLocaleString('en-US')} ${value === 1 ? one : many}`;
}

function portsText(ports: readonly number[]): string {
  const text = formatPorts(ports);
  return text.length <= SHOWN_PORTS ? text : `${text.slice(0, SHOWN_PORTS)}…`;
}

/** Both transports side by side. */
function sending(facts: PlanFacts): Estimate {
  const { addresses, loopback, ports, engine, udp, shard, pace } = facts;
  const works = [
    { engine, ports: ports.length, mostEach: ports.length * ATTEMPTS },
    ...(udp === undefined ? [] : [{ ...udp, ports: udp.ports.length }]),
  ].filter((work) => work.ports > 0);
  const shared = sharedPace(pace, works.length);
  const parts = shard?.of ?? 1;
  const all = works.map((work) => {
    const each = { ports: work.ports / parts, mostEach: work.mostEach / parts };
    return estimate({ addresses, loopback, autoRate: work.engine.autoRate, ...each }, shared);
  });
  const times = all.flatMap(({ seconds }) => seconds ?? []);
  return {
    least: all.reduce((sum, { least }) => sum + least, 0),
    most: all.reduce((sum, { most }) => sum + most, 0),
    seconds: times.length === 0 ? null : Math.max(...times),
  };
}

function engineNames({ ports, engine, udp }: PlanFacts): string {
  const names = [...(ports.length > 0 ? [engine.name] : []), ...(udp ? [udp.engine.name] : [])];
  return names.join('+');
}

/** A line for each transport that is looked at. */
function portLines({ ports, udp }: PlanFacts): string[] {
  const asked = [
    { word: 'TCP', numbers: ports },
    { word: 'UDP', numbers: udp?.ports ?? [] },
  ].filter(({ numbers }) => numbers.length > 0);
  return asked.map(({ word, numbers }, at) => {
    const counted = count(numbers.length, `${word} port`, `${word} ports`);
    return `${at === 0 ? 'ports      ' : '           '}${counted} each: ${portsText(numbers)}`;
  });
}

/** What a scan would send, for programs. */
export function planJson(facts: PlanFacts): Record<string, unknown> {
  const { addresses, excluded, ports, udp, shard, pace, identify } = facts;
  const { least, most, seconds } = sending(facts);
  return {
    addresses,
    excluded,
    ports: formatPorts(ports),
    ...(udp === undefined ? {} : { udpPorts: formatPorts(udp.ports) }),
    ...(shard === undefined ? {} : { shard: formatShard(shard) }),
    engine: engineNames(facts),
    pace,
    identify,
    probes: { least, most },
    leastSeconds: seconds,
  };
}

/** What a scan would send, in words. */
export function planText(facts: PlanFacts): string {
  const { addresses, excluded, shard, pace, identify } = facts;
  const { least, most, seconds } = sending(facts);
  const time =
    seconds === null
      ? 'as fast as the path allows: no limit is set'
      : `at least ${spokenTime(seconds)} of probing; silent ports take longer`;
  const lines = [
    `targets    ${count(addresses, 'address', 'addresses')}`,
    `excluded   ${excluded === 0 ? 'nothing' : count(excluded, 'entry', 'entries')}`,
    ...portLines(facts),
    ...(shard === undefined ? [] : [`shard      ${formatShard(shard)} of these ports`]),
    `engine     ${engineNames(facts)}`,
    `rate       ${pace.rate} in all, ${pace.perHost} per host (probes per second)`,
    `probes     ${least.toLocaleString('en-US')} if all answer, up to ${most.toLocaleString('en-US')} if all are silent`,
    `time       ${time}`,
    `identify   ${identify ? 'each open port is asked a few harmless questions' : 'no'}`,
  ];
  return `${lines.join('\n')}\nNothing was sent.\n`;
}
