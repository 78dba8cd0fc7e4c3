import { z } from 'zod';
import { utf8Text } from '../bytes.ts';
import { cpe23 } from '../cpe.ts';
import { hexBytes } from '../encode.ts';
import { defineProtocol } from '../plugin.ts';
import { present } from '../present.ts';

const details = z.object({
  minProtocol: z.number().optional().describe('min_protocol_version'),
  maxProtocol: z.number().optional().describe('max_protocol_version'),
});

/** Magic number of protocol V1_0 (RethinkDB, "Writing drivers"), little-endian. */
const MAGIC = hexBytes('c3bdc234');

const answer = z.object({
  success: z.literal(true),
  server_version: z.string().regex(/^\d[\w.~-]{0,60}$/),
  min_protocol_version: z.number().optional(),
  max_protocol_version: z.number().optional(),
});

function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return utf8Text(end < 0 ? bytes : bytes.subarray(0, end));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Reads the server's first message: JSON and a NUL; null when it is none. */
export function readFirstMessage(bytes: Uint8Array): z.infer<typeof answer> | null {
  return bytes[0] === 0x7b ? (answer.safeParse(parsed(textOf(bytes))).data ?? null) : null;
}

/** Sends the magic number, to which the server tells its version; the SCRAM login does not follow. */
export const rethinkdb = defineProtocol({
  name: 'rethinkdb',
  title: 'RethinkDB',
  transport: 'tcp',
  over: 'tcp',
  ports: [28015],
  manners: 'ask',
  details,

  async identify(talk) {
    talk.send(MAGIC);
    const { bytes } = await talk.receive((buffered) => {
      const end = buffered.indexOf(0);
      return buffered[0] !== 0x7b || buffered.length > 4096
        ? buffered.length
        : end < 0
          ? null
          : end + 1;
    });
    const told = readFirstMessage(bytes);
    if (!told) return null;
    return {
      product: 'RethinkDB',
      version: told.server_version,
      cpe: cpe23('rethinkdb', 'rethinkdb', told.server_version),
      details: present({
        minProtocol: told.min_protocol_version,
        maxProtocol: told.max_protocol_version,
      }),
    };
  },
});
