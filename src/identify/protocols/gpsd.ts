import { z } from 'zod';
import type { Conversation } from '../../net/conversation.ts';
import { lineFrame, utf8Text } from '../bytes.ts';
import { cpe23 } from '../cpe.ts';
import { clip, headText, receiveWhole } from '../dialogue.ts';
import { defineProtocol, type Identity } from '../plugin.ts';

const details = z.object({
  authRequired: z.boolean().describe('Always false: the protocol knows no login'),
  protocolVersion: z.string().optional().describe('proto_major and proto_minor'),
});

export interface GpsdVersion {
  readonly version: string;
  readonly protocolVersion?: string;
}

/** Reads the VERSION object of the greeting (gpsd_json(5)); null when it is another thing. */
export function readGpsdVersion(bytes: Uint8Array): GpsdVersion | null {
  try {
    const greeting: unknown = JSON.parse(utf8Text(bytes.subarray(0, 4096)));
    if (typeof greeting !== 'object' || greeting === null) return null;
    const fields = new Map<string, unknown>(Object.entries(greeting));
    const release = fields.get('release');
    if (fields.get('class') !== 'VERSION' || typeof release !== 'string') return null;
    const version = clip(release);
    const numbers = ['proto_major', 'proto_minor'].map((name) => fields.get(name));
    const known = numbers.every((number) => typeof number === 'number');
    return known ? { version, protocolVersion: numbers.join('.') } : { version };
  } catch {
    return null;
  }
}

async function identify(talk: Conversation): Promise<Identity<z.infer<typeof details>> | null> {
  const bytes = await receiveWhole(talk, lineFrame);
  const greeting = bytes === null ? null : readGpsdVersion(bytes);
  if (greeting === null) return null;
  const { version, ...rest } = greeting;
  return {
    product: 'gpsd',
    version,
    cpe: cpe23('gpsd_project', 'gpsd', version),
    details: { authRequired: false, ...rest },
  };
}

/** gpsd. Its greeting says everything; we send nothing. */
export const gpsd = defineProtocol({
  name: 'gpsd',
  title: 'gpsd',
  transport: 'tcp',
  over: 'tcp',
  ports: [2947],
  manners: 'listen',
  details,
  recognises: (bytes) => headText(bytes).startsWith('{"class":"VERSION"'),
  identify,
});
