import { canonicalAddress } from '../../model/address.ts';
import { problem } from '../../model/errors.ts';
import type { Interval } from '../../model/history.ts';
import type { Transport } from '../../model/port.ts';
import { LOCAL } from '../../store/open.ts';
import { type HistoryQuestion, historyOf } from '../../store/queries/history.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { GlobalOptions } from '../options.ts';
import { type Terminal, write } from '../terminal.ts';
import { withStore } from '../with-store.ts';

/** Tells what the store knows of a host or port. */
export async function historyCommand(
  place: string,
  options: GlobalOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const question = readPlace(place);
  const intervals = await withStore(options, (store) =>
    store.read((db) => historyOf(db, LOCAL, question)),
  );
  if (intervals.length === 0) throw problem('HISTORY_NONE', { value: place });
  if (options.json === true) {
    const report = { schema: 'postern.history/1', place, intervals };
    await write(terminal.out, `${JSON.stringify(report)}\n`);
    return EXIT.fine;
  }
  for (const line of linesOf(intervals)) await write(terminal.out, `${line}\n`);
  return EXIT.fine;
}

/** Reads HOST, HOST:PORT, [IPv6]:PORT, each with /tcp or /udp behind the port. Throws HISTORY_PLACE. */
export function readPlace(text: string): HistoryQuestion {
  const address = canonicalAddress(text);
  if (address !== null) return { host: address };
  const match = /^(?:\[([^\]]+)\]|([^:[\]/]+))(?::(\d{1,5})(?:\/(tcp|udp))?)?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? undefined : Number(match[3]);
  if (host === undefined || (port ?? 0) > 65_535) throw problem('HISTORY_PLACE', { value: text });
  return {
    host: canonicalAddress(host) ?? host,
    ...(port === undefined ? {} : { port }),
    ...(match?.[4] === undefined ? {} : { transport: match[4] as Transport }),
  };
}

function* linesOf(intervals: readonly Interval[]): Generator<string> {
  let shown = '';
  for (const interval of intervals) {
    const { address, names, vantage } = interval;
    const title = `${address}${names.length === 0 ? '' : ` (${names.join(', ')})`}, seen from ${vantage}`;
    if (title !== shown) yield `${shown === '' ? '' : '\n'}${title}`;
    shown = title;
    yield `  ${`${interval.port}/${interval.transport}`.padEnd(10)} ${describe(interval)}`;
  }
}

function describe(interval: Interval): string {
  const { state, phantom, service, verdict, firstSeen, lastSeen, endedAt, silences } = interval;
  const what = [service?.protocol, service?.product, service?.version].filter(Boolean).join(' ');
  const words = [phantom === undefined ? state : `${state} (phantom: ${phantom})`, what];
  const level = verdict === undefined ? [] : [`${verdict.level}, ${verdict.severity}`];
  const until =
    endedAt === undefined ? `last seen so ${minute(lastSeen)}` : `until ${minute(endedAt)}`;
  const quiet =
    silences === 0 ? [] : [`silent in the last ${silences === 1 ? 'look' : `${silences} looks`}`];
  return [...words.filter(Boolean), ...level, `from ${minute(firstSeen)}`, until, ...quiet].join(
    '; ',
  );
}

function minute(time: string): string {
  return `${time.slice(0, 16).replace('T', ' ')} UTC`;
}
