import { z } from 'zod';
import type { Conversation } from '../../net/conversation.ts';
import { concatBytes, latin1Text } from '../bytes.ts';
import { clip, clipList, headText } from '../dialogue.ts';
import { defineProtocol, type Identity } from '../plugin.ts';
import { namedProduct, type ProductMark } from '../products.ts';

/** Rounds of negotiation; servers are done in two or three. */
const MAX_ROUNDS = 8;
const FIRST_MS = 2000;
/** Quiet after which a server that has said something counts as waiting for us. */
const QUIET_MS = 1200;
const MAX_OPTIONS = 64;

const details = z.object({
  text: z.string().describe('What a person sees: banner and prompt, without negotiation'),
  prompt: z.string().optional().describe('The last line, when the server waits there for input'),
  options: z
    .array(z.string())
    .describe("Options negotiated (RFC 854), as the server put them: 'WILL ECHO', 'DO NAWS'"),
  authRequired: z
    .boolean()
    .optional()
    .describe('True: a login or password prompt. False: a command prompt without a login'),
  clearTextLogin: z.boolean().optional().describe('A login prompt outside TLS'),
});

const PRODUCTS: readonly ProductMark[] = [
  { pattern: /\bUser Access Verification\b/, product: 'Cisco IOS telnet', cpe: ['cisco', 'ios'] },
  {
    pattern: /\bMikroTik v?(\d[\w.]*)/,
    product: 'MikroTik RouterOS telnet',
    cpe: ['mikrotik', 'routeros'],
  },
  { pattern: /\bBusyBox v(\d[\w.]*)/, product: 'BusyBox telnetd', cpe: ['busybox', 'busybox'] },
  { pattern: /\bWelcome to Microsoft Telnet Service\b/, product: 'Microsoft Telnet Service' },
  { pattern: /\bOpenWrt\b/, product: 'OpenWrt telnet', cpe: ['openwrt', 'openwrt'] },
  { pattern: /\bHP JetDirect\b/i, product: 'HP JetDirect' },
  { pattern: /\bDD-WRT v?(\d[\w.]*)?/, product: 'DD-WRT telnet', cpe: ['dd-wrt', 'dd-wrt'] },
];

const IAC = 255;
const SB = 250;
const SE = 240;
const VERBS: Readonly<Record<number, string>> = {
  251: 'WILL',
  252: 'WONT',
  253: 'DO',
  254: 'DONT',
};
/** The refusal of each request (RFC 854): DO gets WONT, WILL gets DONT. */
const REFUSALS: Readonly<Record<number, number>> = { 253: 252, 251: 254 };

/** Names of the options that are met (IANA, Telnet Options). */
const OPTIONS: Readonly<Record<number, string>> = {
  0: 'BINARY',
  1: 'ECHO',
  3: 'SUPPRESS-GO-AHEAD',
  5: 'STATUS',
  6: 'TIMING-MARK',
  24: 'TERMINAL-TYPE',
  25: 'END-OF-RECORD',
  31: 'NAWS',
  32: 'TERMINAL-SPEED',
  33: 'REMOTE-FLOW-CONTROL',
  34: 'LINEMODE',
  35: 'X-DISPLAY-LOCATION',
  36: 'ENVIRON',
  37: 'AUTHENTICATION',
  38: 'ENCRYPT',
  39: 'NEW-ENVIRON',
  40: 'TN3270E',
  46: 'START-TLS',
  86: 'COMPRESS2',
};

export interface TelnetStream {
  /** Bytes that are not negotiation. */
  readonly text: Uint8Array;
  readonly options: readonly string[];
  /** What refuses every request in the bytes. */
  readonly refusal: Uint8Array;
}

/** Where a subnegotiation that begins at `start` ends: behind its IAC SE, or the bytes' end. */
function subnegotiationEnd(bytes: Uint8Array, start: number): number {
  for (let at = start; at + 1 < bytes.length; at += 1) {
    if (bytes[at] === IAC && bytes[at + 1] === SE) return at + 2;
  }
  return bytes.length;
}

/** Separates text from negotiation (RFC 854, 855). A command cut at the end is dropped. */
export function readTelnet(bytes: Uint8Array): TelnetStream {
  const text: number[] = [];
  const options: string[] = [];
  const refusal: number[] = [];
  let at = 0;
  while (at < bytes.length) {
    const [byte = 0, verb = 0, option = 0] = bytes.subarray(at, at + 3);
    if (byte !== IAC || verb === IAC) {
      text.push(byte);
      at += byte === IAC ? 2 : 1;
    } else if (verb === SB) {
      at = subnegotiationEnd(bytes, at);
    } else if (VERBS[verb] === undefined) {
      at += 2;
    } else {
      if (at + 2 < bytes.length) options.push(`${VERBS[verb]} ${OPTIONS[option] ?? option}`);
      const answer = REFUSALS[verb];
      if (answer !== undefined) refusal.push(IAC, answer, option);
      at += 3;
    }
  }
  return { text: Uint8Array.from(text), options, refusal: Uint8Array.from(refusal) };
}

/** Text without control characters but tab and line ends, and without colour sequences. */
function shown(bytes: Uint8Array): string {
  const plain = latin1Text(bytes)
    .slice(0, 8192)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: terminals' escape sequences
    .replace(/\x1b\[[0-9;?]{0,16}[A-Za-z]/g, '');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what a person does not see
  return plain
    .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g, '')
    .replace(/\r/g, '')
    .trim();
}

const LOGIN =
  /(?:login|user ?name|user|account|password|passcode|passwort|usuario)[^\n]{0,20}[:>?]\s*$/i;
const COMMAND = /[#$%>]\s*$/;

/** Whether the last line asks for a login, waits for commands, or neither. */
function promptOf(text: string): { prompt?: string; authRequired?: boolean } {
  const last = text.slice(text.lastIndexOf('\n') + 1).trim();
  if (LOGIN.test(last)) return { prompt: last, authRequired: true };
  if (COMMAND.test(last)) return { prompt: last, authRequired: false };
  return {};
}

interface Session {
  readonly text: string;
  readonly options: readonly string[];
}

/** Refuses every option until the server has no more to say. */
async function listen(talk: Conversation): Promise<Session> {
  let text: Uint8Array = new Uint8Array(0);
  const options = new Set<string>();
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const { bytes, end } = await talk.receive(undefined, round === 0 ? FIRST_MS : QUIET_MS);
    const stream = readTelnet(bytes);
    text = concatBytes(text, stream.text);
    for (const option of stream.options) options.add(option);
    if (end !== 'complete' || options.size > MAX_OPTIONS) break;
    if (stream.refusal.length > 0) talk.send(stream.refusal);
    else if (promptOf(shown(text)).prompt !== undefined) break;
  }
  return { text: shown(text), options: clipList([...options]) };
}

function isNegotiation(bytes: Uint8Array): boolean {
  const [first = 0, verb = 0, option = 0] = bytes;
  return first === IAC && (VERBS[verb] !== undefined || verb === SB) && option < 0xf0;
}

/** Greetings of other protocols, whatever their last line asks for. */
const OTHERS = /^(?:SSH-|HTTP\/|\d{3}[ -]|[+*] ?OK)/;

/** A greeting without negotiation counts when it ends in a login prompt, which no markup holds. */
function isTelnet(bytes: Uint8Array): boolean {
  if (isNegotiation(bytes)) return true;
  const text = headText(bytes).trimEnd();
  const last = text.slice(text.lastIndexOf('\n') + 1);
  return LOGIN.test(last) && !last.includes('<') && !OTHERS.test(text);
}

async function identify(talk: Conversation): Promise<Identity<z.infer<typeof details>> | null> {
  const session = await listen(talk);
  const negotiated = isTelnet(talk.received);
  const { prompt, authRequired } = promptOf(session.text);
  if (!negotiated && authRequired !== true) return null;
  return {
    ...namedProduct(session.text, PRODUCTS),
    details: {
      text: clip(session.text),
      options: [...session.options],
      ...(prompt === undefined ? {} : { prompt: clip(prompt) }),
      ...(authRequired === undefined ? {} : { authRequired }),
      ...(authRequired === undefined
        ? {}
        : { clearTextLogin: authRequired && talk.tls === undefined }),
    },
  };
}

/** Telnet: RFC 854. We refuse every option and type nothing. */
export const telnet = defineProtocol({
  name: 'telnet',
  title: 'Telnet',
  transport: 'tcp',
  over: 'tcp',
  ports: [23, 2323, 992, 107, 4000],
  tlsPorts: [992],
  manners: 'listen',
  details,
  recognises: isTelnet,
  identify,
});
