import { z } from 'zod';
import { ByteReader, latin1Text, utf8Text } from '../bytes.ts';
import { cpe23 } from '../cpe.ts';
import { clip, receiveWhole } from '../dialogue.ts';
import { lengthFrame } from '../length-frame.ts';
import { defineProtocol } from '../plugin.ts';
import { present } from '../present.ts';

const details = z.object({
  formatVersion: z.number().describe('OpenWire version'),
  platform: z.string().optional().describe('PlatformDetails: Java and operating system'),
});

export interface WireFormat {
  readonly formatVersion: number;
  readonly properties: ReadonlyMap<string, string>;
}

const commandFrame = lengthFrame({ at: 0, size: 4, extra: 4 });
const WIREFORMAT_INFO = 1;
const TEXT = 9;
const LONG_TEXT = 13;
/** Bytes of the other primitive types of a marshalled map: null, boolean, byte, char, short, … */
const WIDTHS: Readonly<Record<number, number>> = {
  0: 0,
  1: 1,
  2: 1,
  3: 2,
  4: 2,
  5: 4,
  6: 8,
  7: 8,
  8: 4,
};

/** Reads a WireFormatInfo (OpenWire version 2 specification) with its properties; null when it is none. */
export function readWireFormat(bytes: Uint8Array): WireFormat | null {
  const reader = new ByteReader(bytes);
  if (reader.u32() !== bytes.length - 4 || reader.u8() !== WIREFORMAT_INFO) return null;
  if (latin1Text(reader.take(8) ?? bytes) !== 'ActiveMQ') return null;
  const formatVersion = reader.u32();
  if (formatVersion === undefined) return null;
  const marshalled = reader.u8() === 1 ? reader.take(reader.u32() ?? 0) : undefined;
  return { formatVersion, properties: readProperties(marshalled ?? new Uint8Array(0)) };
}

/** The texts of a marshalled map, as far as it can be read. */
function readProperties(bytes: Uint8Array): ReadonlyMap<string, string> {
  const reader = new ByteReader(bytes);
  const count = Math.min(reader.u32() ?? 0, 64);
  const texts = new Map<string, string>();
  for (let index = 0; index < count && !reader.short; index += 1) {
    const name = utf8Text(reader.take(reader.u16() ?? 0) ?? new Uint8Array(0));
    const type = reader.u8() ?? 0;
    if (type === TEXT || type === LONG_TEXT) {
      const size = type === TEXT ? reader.u16() : reader.u32();
      texts.set(name, clip(utf8Text(reader.take(size ?? 0) ?? new Uint8Array(0))));
    } else if (WIDTHS[type] === undefined) {
      break;
    } else {
      reader.skip(WIDTHS[type]);
    }
  }
  return texts;
}

/** Listens only: the broker introduces itself. */
export const openwire = defineProtocol({
  name: 'openwire',
  title: 'OpenWire (ActiveMQ)',
  transport: 'tcp',
  over: 'tcp',
  ports: [61616],
  tlsPorts: [61617],
  manners: 'listen',
  details,

  recognises: (bytes) => latin1Text(bytes.subarray(4, 13)) === '\x01ActiveMQ',

  async identify(talk) {
    const bytes = await receiveWhole(talk, commandFrame);
    const format = bytes && readWireFormat(bytes);
    if (!format) return null;
    const { formatVersion, properties } = format;
    const version = properties.get('ProviderVersion');
    // Artemis speaks OpenWire too and names itself; old brokers name nothing.
    const artemis = /artemis/i.test(properties.get('ProviderName') ?? '');
    const product = artemis ? 'activemq_artemis' : 'activemq';
    return present({
      product: artemis ? 'Apache ActiveMQ Artemis' : 'Apache ActiveMQ',
      version,
      cpe: cpe23('apache', product, version),
      details: present({ formatVersion, platform: properties.get('PlatformDetails') }),
    });
  },
});
