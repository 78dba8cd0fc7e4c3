import { z } from 'zod';
import type { Conversation } from '../../net/conversation.ts';
import { receiveWhole } from '../dialogue.ts';
import { lengthFrame } from '../length-frame.ts';
import { defineProtocol, type Identity } from '../plugin.ts';

/** CPing: magic of web servers, length 1, code 10. */
const CPING = Uint8Array.of(0x12, 0x34, 0, 1, 10);
const CPONG = 9;

const details = z.object({
  cpong: z.boolean().describe('CPing was answered; a container answers it without its secret too'),
});

const packetFrame = lengthFrame({ at: 2, size: 2, extra: 4 });

/** Whether the bytes are the container's CPong (AJPv13, "Ping"). */
export function readCpong(bytes: Uint8Array): boolean {
  const [magicA, magicB, high, low, code] = bytes;
  return magicA === 0x41 && magicB === 0x42 && high === 0 && low === 1 && code === CPONG;
}

async function identify(talk: Conversation): Promise<Identity<z.infer<typeof details>> | null> {
  talk.send(CPING);
  const bytes = await receiveWhole(talk, packetFrame);
  return bytes !== null && readCpong(bytes) ? { details: { cpong: true } } : null;
}

/** AJP 1.3, by which web servers reach Tomcat, Jetty and Undertow. We send a CPing. */
export const ajp = defineProtocol({
  name: 'ajp',
  title: 'AJP',
  transport: 'tcp',
  over: 'tcp',
  ports: [8009],
  manners: 'ask',
  details,
  identify,
});
