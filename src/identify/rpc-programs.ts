import { z } from 'zod';
import { ByteReader } from './bytes.ts';
import { present } from './present.ts';

export const rpcbindDetails = z.object({
  authRequired: z.boolean().optional().describe('False: it lists its programs to anybody'),
  programs: z
    .array(
      z.object({
        program: z.number().describe('RPC program number'),
        name: z.string().optional().describe('Its usual name'),
        version: z.number(),
        transport: z.string().describe('tcp, udp or the IP protocol number'),
        port: z.number(),
      }),
    )
    .optional()
    .describe('Registered programs (PMAPPROC_DUMP)'),
});
type Program = NonNullable<z.infer<typeof rpcbindDetails>['programs']>[number];

/** Program and procedure that list the programs (RFC 1833 §3). */
export const PORTMAPPER = 100_000;
export const DUMP = 4;
/** IANA "Remote Procedure Call (RPC) Program Numbers". */
const NAMES: Readonly<Record<number, string>> = {
  100000: 'portmapper',
  100001: 'rstatd',
  100002: 'rusersd',
  100003: 'nfs',
  100004: 'ypserv',
  100005: 'mountd',
  100007: 'ypbind',
  100011: 'rquotad',
  100021: 'nlockmgr',
  100024: 'status',
  100227: 'nfs_acl',
  300598: 'dmispd',
};
const TRANSPORTS: Readonly<Record<number, string>> = { 6: 'tcp', 17: 'udp' };
const MAX_PROGRAMS = 256;

/** Reads the list that PMAPPROC_DUMP gives (RFC 1833 §3.1); null when malformed. */
export function readProgramList(result: Uint8Array): Program[] | null {
  const reader = new ByteReader(result);
  const programs: Program[] = [];
  while (reader.u32() === 1 && programs.length < MAX_PROGRAMS) {
    const [program, version, protocol, port] = [
      reader.u32(),
      reader.u32(),
      reader.u32(),
      reader.u32(),
    ];
    if (program === undefined || version === undefined || port === undefined) return null;
    const transport = TRANSPORTS[protocol ?? 0] ?? String(protocol);
    programs.push(present({ program, name: NAMES[program], version, transport, port }));
  }
  return reader.short ? null : programs;
}
