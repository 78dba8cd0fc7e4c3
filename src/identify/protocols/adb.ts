import { z } from 'zod';
import type { Conversation } from '../../net/conversation.ts';
import { ByteReader, bytesOf, concatBytes, utf8Text } from '../bytes.ts';
import { clip, clipList, receiveWhole } from '../dialogue.ts';
import { lengthFrame } from '../length-frame.ts';
import { defineProtocol, type Identity } from '../plugin.ts';

const COMMAND = { cnxn: 0x4e584e43, auth: 0x48545541, stls: 0x534c5453 } as const;
const HEADER = 24;
const PROTOCOL_VERSION = 0x01000000;
const MAX_DATA = 4096;

const details = z.object({
  authRequired: z
    .boolean()
    .describe('False: whoever connects gets a shell on the device. True: it asks for a known key'),
  device: z.string().optional().describe('System type of the banner: device, recovery, sideload'),
  model: z.string().optional().describe('ro.product.model'),
  name: z.string().optional().describe('ro.product.name'),
  features: z.array(z.string()).optional().describe('Features of the banner'),
});

export interface AdbMessage {
  readonly command: number;
  readonly data: Uint8Array;
}

function message(command: number, first: number, second: number, data: Uint8Array): Uint8Array {
  const header = new DataView(new ArrayBuffer(HEADER));
  const sum = data.reduce((total, byte) => total + byte, 0);
  [command, first, second, data.length, sum, command ^ 0xffffffff].forEach((value, index) => {
    header.setUint32(index * 4, value >>> 0, true);
  });
  return concatBytes(new Uint8Array(header.buffer), data);
}

/** Reads one whole message (Android, protocol.txt): its magic must be the command's complement. */
export function readAdbMessage(bytes: Uint8Array): AdbMessage | null {
  const reader = new ByteReader(bytes);
  const command = reader.u32(true) ?? 0;
  reader.skip(8);
  const length = reader.u32(true);
  reader.skip(4);
  const magic = reader.u32(true);
  const data = reader.take(length ?? -1);
  const sound = magic === (command ^ 0xffffffff) >>> 0;
  return data !== undefined && sound ? { command, data } : null;
}

/** The banner of a CNXN: `device::ro.product.name=…;ro.product.model=…;features=…`. */
export function readAdbBanner(bytes: Uint8Array): Omit<z.infer<typeof details>, 'authRequired'> {
  const [device = '', , ...rest] = utf8Text(bytes).replace(/\0+$/, '').split(':');
  const pairs = rest
    .join(':')
    .split(';')
    .map((pair): [string, string] => {
      const equals = pair.indexOf('=');
      return [pair.slice(0, Math.max(0, equals)), clip(pair.slice(equals + 1))];
    });
  const fields = new Map(pairs);
  const [model, name] = [fields.get('ro.product.model'), fields.get('ro.product.name')];
  const features = fields.get('features')?.split(',').filter(Boolean);
  return {
    ...(device === '' ? {} : { device: clip(device) }),
    ...(model ? { model } : {}),
    ...(name ? { name } : {}),
    ...(features ? { features: clipList(features) } : {}),
  };
}

async function identify(talk: Conversation): Promise<Identity<z.infer<typeof details>> | null> {
  talk.send(message(COMMAND.cnxn, PROTOCOL_VERSION, MAX_DATA, bytesOf('host::\0')));
  const bytes = await receiveWhole(
    talk,
    lengthFrame({ at: 12, size: 4, littleEndian: true, extra: HEADER }),
  );
  const reply = bytes === null ? null : readAdbMessage(bytes);
  if (reply === null) return null;
  if (reply.command === COMMAND.cnxn) {
    return {
      product: 'Android adbd',
      details: { authRequired: false, ...readAdbBanner(reply.data) },
    };
  }
  const locked = reply.command === COMMAND.auth || reply.command === COMMAND.stls;
  return locked ? { product: 'Android adbd', details: { authRequired: true } } : null;
}

/** The Android debug bridge. We say CNXN, as adb connect does, and send no key. */
export const adb = defineProtocol({
  name: 'adb',
  title: 'Android Debug Bridge',
  transport: 'tcp',
  over: 'tcp',
  ports: [5555],
  manners: 'ask',
  details,
  identify,
});
