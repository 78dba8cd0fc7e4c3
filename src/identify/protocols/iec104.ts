import { z } from 'zod';
import { receiveWhole } from '../dialogue.ts';
import { hexBytes, hexText } from '../encode.ts';
import { lengthFrame } from '../length-frame.ts';
import { defineProtocol } from '../plugin.ts';

const details = z.object({
  testConfirmed: z.boolean().describe('It confirmed a test frame'),
});

/** APCI (IEC 60870-5-104 §5): start 0x68, length of the rest. */
const apduFrame = lengthFrame({ at: 1, size: 1, extra: 2 });
/** TESTFR act: the keep-alive; data transfer is not started. */
const TEST = hexBytes('68 04 43 00 00 00');
const CONFIRM = '680483000000';

/** Whether a frame is TESTFR con. */
export function readTestConfirm(bytes: Uint8Array): boolean {
  return hexText(bytes) === CONFIRM;
}

/** Sends the test frame that either side may send at any time. */
export const iec104 = defineProtocol({
  name: 'iec104',
  title: 'IEC 60870-5-104',
  transport: 'tcp',
  over: 'tcp',
  ports: [2404],
  tlsPorts: [19998],
  manners: 'ask',
  details,

  async identify(talk) {
    talk.send(TEST);
    const bytes = await receiveWhole(talk, apduFrame);
    return bytes && readTestConfirm(bytes) ? { details: { testConfirmed: true } } : null;
  },
});
