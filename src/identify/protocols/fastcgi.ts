import { z } from 'zod';
import type { Conversation } from '../../net/conversation.ts';
import { ByteReader, bytesOf, concatBytes, latin1Text } from '../bytes.ts';
import { clip, receiveWhole } from '../dialogue.ts';
import { lengthFrame } from '../length-frame.ts';
import { defineProtocol, type Identity } from '../plugin.ts';

const VERSION = 1;
const TYPE = { getValues: 9, getValuesResult: 10, unknownType: 11 } as const;
const NAMES = ['FCGI_MAX_CONNS', 'FCGI_MAX_REQS', 'FCGI_MPXS_CONNS'];

const details = z.object({
  authRequired: z
    .boolean()
    .describe('Always false: whoever connects may run any script the process can read'),
  values: z
    .record(z.string(), z.string())
    .describe('FCGI_MAX_CONNS, FCGI_MAX_REQS and FCGI_MPXS_CONNS as it answered'),
});

/** Content of a FCGI_GET_VALUES: names with empty values, each length in one byte (§3.4). */
function getValues(): Uint8Array {
  const pairs = NAMES.map((name) => concatBytes(Uint8Array.of(name.length, 0), bytesOf(name)));
  const content = concatBytes(...pairs);
  return concatBytes(
    Uint8Array.of(VERSION, TYPE.getValues, 0, 0, 0, content.length, 0, 0),
    content,
  );
}

function readLength(reader: ByteReader): number {
  const first = reader.u8() ?? 0;
  if (first < 0x80) return first;
  return ((first & 0x7f) << 24) | ((reader.u8() ?? 0) << 16) | (reader.u16() ?? 0);
}

/** Name–value pairs of a FCGI_GET_VALUES_RESULT (FastCGI specification §4.1); null for others. */
export function readFastcgiValues(bytes: Uint8Array): Record<string, string> | null {
  const reader = new ByteReader(bytes);
  const [version, type] = [reader.u8(), reader.u8()];
  const id = reader.u16();
  const length = reader.u16();
  reader.skip(2);
  if (version !== VERSION || type !== TYPE.getValuesResult || id !== 0) return null;
  const content = new ByteReader(reader.take(length ?? -1) ?? new Uint8Array(0));
  const pairs: [string, string][] = [];
  while (content.remaining > 0 && pairs.length < NAMES.length) {
    const [nameLength, valueLength] = [readLength(content), readLength(content)];
    const [name, value] = [content.take(nameLength), content.take(valueLength)];
    if (name === undefined || value === undefined) return null;
    pairs.push([clip(latin1Text(name)), clip(latin1Text(value))]);
  }
  return pairs.every(([name]) => NAMES.includes(name)) ? Object.fromEntries(pairs) : null;
}

async function identify(talk: Conversation): Promise<Identity<z.infer<typeof details>> | null> {
  talk.send(getValues());
  const bytes = await receiveWhole(talk, lengthFrame({ at: 4, size: 2, extra: 8 }));
  const values = bytes === null ? null : readFastcgiValues(bytes);
  return values === null ? null : { details: { authRequired: false, values } };
}

/** FastCGI, as PHP-FPM speaks it. We ask for its limits; no script is run. */
export const fastcgi = defineProtocol({
  name: 'fastcgi',
  title: 'FastCGI',
  transport: 'tcp',
  over: 'tcp',
  ports: [9000],
  manners: 'ask',
  details,
  identify,
});
