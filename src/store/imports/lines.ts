import { z } from 'zod';
import type { PortState } from '../../model/port.ts';
import { HostGatherer, type Imported, type ReadAddress } from './imported.ts';

const number = z.coerce.number().int().min(0).max(65_535);

/** masscan -oJ (its out-json.c): one record per port, times in seconds. */
const masscanRecord = z.object({
  ip: z.string(),
  timestamp: z.coerce.number().optional(),
  ports: z.array(
    z.object({
      port: number,
      proto: z.string(),
      status: z.string().optional(),
      service: z.object({ name: z.string() }).optional(),
    }),
  ),
});

/** naabu -json; the port is a number, in old versions an object. */
const naabuRecord = z.object({
  ip: z.string(),
  host: z.string().optional(),
  timestamp: z.string().optional(),
  protocol: z.enum(['tcp', 'udp']).optional(),
  port: z.union([number, z.object({ Port: number }).transform(({ Port }) => Port)]),
});

/** zgrab2: one record per host, a result per module (its docs, output). */
const zgrabRecord = z.object({
  ip: z.string().optional(),
  domain: z.string().optional(),
  data: z.record(
    z.string(),
    z.object({
      status: z.string(),
      protocol: z.string().optional(),
      port: number.optional(),
      timestamp: z.string().optional(),
    }),
  ),
});

/** What a status of zgrab2 (its status.go) says of the port; those left out say nothing. */
const ZGRAB_STATES: Readonly<Record<string, PortState>> = {
  success: 'open',
  'protocol-error': 'open',
  'application-error': 'open',
  'connection-refused': 'closed',
  'connection-timeout': 'filtered',
};

export type LineTool = 'masscan' | 'naabu' | 'zgrab2';

/** What came of a file of lines. */
export interface LinesRead {
  readonly tool: LineTool;
  readonly imported: Imported;
  /** Lines that are no record of the tool, or say of no port. */
  readonly skipped: number;
}

/**
 * Reads what masscan, naabu or zgrab2 wrote: they tell what answered, not what was asked, so nothing
 * absent means anything. Null: it is none of them, or says nowhere when it was. `now` (ISO 8601) is
 * the time of a file without times.
 */
export function readLines(text: string, readAddress: ReadAddress, now: string): LinesRead | null {
  const records = text.startsWith('#masscan') ? masscanList(text) : jsonRecords(text);
  const tool = toolOf(records);
  if (tool === null) return null;
  const gatherer = new HostGatherer();
  let skipped = 0;
  for (const record of records) {
    if (!ADD[tool](record, gatherer, readAddress)) skipped += 1;
  }
  const { hosts, times } = gatherer;
  if (hosts.length === 0) return null;
  const when = times ?? { startedAt: now, endedAt: now };
  const imported = { tool, ...when, complete: true, ports: { tcp: '', udp: '' }, hosts };
  return { tool, imported, skipped };
}

function toolOf(records: readonly unknown[]): LineTool | null {
  for (const record of records) {
    if (masscanRecord.safeParse(record).success) return 'masscan';
    if (naabuRecord.safeParse(record).success) return 'naabu';
    if (zgrabRecord.safeParse(record).success) return 'zgrab2';
  }
  return null;
}

type Add = (record: unknown, gatherer: HostGatherer, readAddress: ReadAddress) => boolean;

const ADD: Readonly<Record<LineTool, Add>> = {
  masscan: (record, gatherer, readAddress) => {
    const { data } = masscanRecord.safeParse(record);
    const address = readAddress(data?.ip ?? '');
    if (data === undefined || address === null) return false;
    for (const { port, proto, status, service } of data.ports) {
      if (proto !== 'tcp' && proto !== 'udp') continue;
      const known = service === undefined ? {} : { service: { protocol: service.name } };
      const state = status === 'closed' ? 'closed' : 'open';
      const at = (data.timestamp ?? Number.NaN) * 1000;
      gatherer.add(address, undefined, { transport: proto, port, state, ...known }, at);
    }
    return true;
  },
  naabu: (record, gatherer, readAddress) => {
    const { data } = naabuRecord.safeParse(record);
    const address = readAddress(data?.ip ?? '');
    if (data === undefined || address === null) return false;
    const { host, port, protocol = 'tcp', timestamp = '' } = data;
    gatherer.add(
      address,
      host,
      { transport: protocol, port, state: 'open' },
      Date.parse(timestamp),
    );
    return true;
  },
  zgrab2: (record, gatherer, readAddress) => {
    const { data } = zgrabRecord.safeParse(record);
    const address = readAddress(data?.ip ?? '');
    if (data === undefined || address === null) return false;
    let told = false;
    for (const [module, { status, protocol, port, timestamp = '' }] of Object.entries(data.data)) {
      const state = ZGRAB_STATES[status];
      if (state === undefined || port === undefined) continue;
      told = true;
      const known = status === 'success' ? { service: { protocol: protocol ?? module } } : {};
      gatherer.add(
        address,
        data.domain,
        { transport: 'tcp', port, state, ...known },
        Date.parse(timestamp),
      );
    }
    return told;
  },
};

/** JSON lines, or an array of records with one a line; masscan leaves commas that JSON has not. */
function jsonRecords(text: string): unknown[] {
  return text.split('\n').flatMap((line) => {
    const bare = line
      .trim()
      .replace(/^\[|^,|,$/g, '')
      .replace(/(?<=\})\]$/, '')
      .trim();
    if (!bare.startsWith('{')) return [];
    try {
      return [JSON.parse(bare) as unknown];
    } catch {
      return [null];
    }
  });
}

/** masscan -oL: `open tcp 80 192.0.2.7 1700000000`. */
function masscanList(text: string): unknown[] {
  return text.split('\n').flatMap((line) => {
    const [status, proto, port, ip, timestamp, name] = line.trim().split(/\s+/);
    if (status !== 'open' && status !== 'closed' && status !== 'banner') return [];
    const service = status === 'banner' && name !== undefined ? { service: { name } } : {};
    return [{ ip, timestamp, ports: [{ port, proto, status, ...service }] }];
  });
}
