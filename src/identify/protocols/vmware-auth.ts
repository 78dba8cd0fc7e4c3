import { z } from 'zod';
import type { Conversation } from '../../net/conversation.ts';
import { clip, codedFrame, headText, readCodedReply, receiveWhole } from '../dialogue.ts';
import { defineProtocol, type Identity } from '../plugin.ts';

const details = z.object({
  greeting: z.string().describe('Text of the greeting'),
  tlsRequired: z.boolean().describe('The greeting says "SSL Required"'),
  services: z
    .array(z.string())
    .describe('Services named in the greeting: NFCSSL, VNC, MKSDisplay…'),
});

const GREETING = /^220[ -]VMware Authentication Daemon Version (\d[\d.]{0,20})/;

/** Version and words of the greeting; null when it is another. */
export function readVmwareGreeting(bytes: Uint8Array) {
  const version = GREETING.exec(headText(bytes))?.[1];
  const text = readCodedReply(bytes)?.lines.join(' ');
  if (version === undefined || text === undefined) return null;
  const services = text.match(/\b[A-Z][A-Za-z]{2,30}(?=:| supported)/g) ?? [];
  return { version, greeting: clip(text), tlsRequired: text.includes('SSL Required'), services };
}

async function identify(talk: Conversation): Promise<Identity<z.infer<typeof details>> | null> {
  const bytes = await receiveWhole(talk, codedFrame);
  const found = bytes === null ? null : readVmwareGreeting(bytes);
  if (found === null) return null;
  const { version, services, ...rest } = found;
  talk.send('QUIT\r\n');
  return {
    product: 'VMware Authentication Daemon',
    version,
    details: { ...rest, services: services.slice(0, 16) },
  };
}

/** vmware-authd of ESXi and Workstation. The greeting says everything; we send QUIT. */
export const vmwareAuth = defineProtocol({
  name: 'vmware-auth',
  title: 'VMware authentication',
  transport: 'tcp',
  over: 'tcp',
  ports: [902, 912],
  manners: 'listen',
  details,
  recognises: (bytes) => GREETING.test(headText(bytes)),
  identify,
});
