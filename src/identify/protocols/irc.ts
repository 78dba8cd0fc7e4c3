import { z } from 'zod';
import type { Conversation } from '../../net/conversation.ts';
import { lineFrame } from '../bytes.ts';
import { clip, clipList, headText, linesOf, receiveWhole } from '../dialogue.ts';
import { defineProtocol, type Identity } from '../plugin.ts';

/** Notices about host and ident look-ups come before the answer. */
const MAX_LINES = 12;
/** Servers look up the client's name and ident before they answer. */
const LINE_MS = 4000;

const details = z.object({
  serverName: z.string().optional().describe('Name the server gives itself'),
  capabilities: z
    .array(z.string())
    .optional()
    .describe('CAP LS answer (IRCv3 capability negotiation)'),
  saslMechanisms: z.array(z.string()).optional().describe('Value of the sasl capability'),
  startTls: z.boolean().optional().describe('The tls or sts capability is offered'),
  notices: z.array(z.string()).optional().describe('What the server says before a registration'),
});

/** One message (RFC 2812 §2.3.1). */
export interface IrcMessage {
  readonly prefix?: string;
  readonly command: string;
  readonly params: readonly string[];
}

/** Reads one line; null when it is no message. */
export function readIrcMessage(bytes: Uint8Array): IrcMessage | null {
  const line = linesOf(bytes)[0]?.slice(0, 2048) ?? '';
  const match = /^(?::(\S{1,255}) )?([A-Z]{1,16}|\d{3})(?: (.*))?$/.exec(line);
  if (match?.[2] === undefined) return null;
  const rest = match[3] ?? '';
  const colon = rest.startsWith(':') ? 0 : rest.indexOf(' :');
  const middle = colon < 0 ? rest : rest.slice(0, colon);
  const trailing = colon < 0 ? [] : [rest.slice(rest.indexOf(':', colon) + 1)];
  const params = [...middle.split(' ').filter(Boolean), ...trailing];
  return { ...(match[1] === undefined ? {} : { prefix: match[1] }), command: match[2], params };
}

interface Heard {
  serverName?: string;
  capabilities?: string[];
  notices: string[];
  certain: boolean;
}

/** Takes one message in; true when nothing more is waited for. */
function hear(heard: Heard, { prefix, command, params }: IrcMessage): boolean {
  if (prefix !== undefined && !prefix.includes('!')) heard.serverName ??= clip(prefix);
  const last = params.at(-1) ?? '';
  if (command === 'NOTICE') heard.notices.push(clip(last));
  if (command === 'CAP' && params.includes('LS')) {
    heard.capabilities = [...(heard.capabilities ?? []), ...last.split(' ').filter(Boolean)];
    heard.certain = true;
    return params.at(-2) !== '*' || params.length < 4;
  }
  // 421 unknown command, 451 not registered: a server without capabilities
  if (command === '421' || command === '451') heard.certain = prefix !== undefined;
  return heard.certain || command === 'ERROR';
}

async function listen(talk: Conversation): Promise<Heard> {
  const heard: Heard = { notices: [], certain: false };
  for (let index = 0; index < MAX_LINES; index += 1) {
    const bytes = await receiveWhole(
      talk,
      lineFrame,
      heard.serverName === undefined ? 2000 : LINE_MS,
    );
    const message = bytes === null ? null : readIrcMessage(bytes);
    if (message === null) break;
    if (message.command === 'PING') talk.send(`PONG :${message.params.at(-1) ?? ''}\r\n`);
    if (hear(heard, message)) break;
  }
  return heard;
}

function has(names: readonly string[], wanted: string): boolean {
  return names.some((name) => name === wanted || name.startsWith(`${wanted}=`));
}

async function identify(talk: Conversation): Promise<Identity<z.infer<typeof details>> | null> {
  talk.send('CAP LS 302\r\n');
  const { serverName, capabilities, notices, certain } = await listen(talk);
  if (!certain && !isGreeting(talk.received)) return null;
  talk.send('QUIT\r\n');
  const sasl = capabilities?.find((name) => name.startsWith('sasl='))?.slice(5);
  const startTls = capabilities && (has(capabilities, 'tls') || has(capabilities, 'sts'));
  return {
    details: {
      ...(serverName === undefined ? {} : { serverName }),
      ...(capabilities === undefined ? {} : { capabilities: clipList(capabilities.map(clip)) }),
      ...(sasl === undefined ? {} : { saslMechanisms: clipList(sasl.split(',')) }),
      ...(startTls === undefined || talk.tls !== undefined ? {} : { startTls }),
      ...(notices.length === 0 ? {} : { notices: clipList(notices) }),
    },
  };
}

function isGreeting(bytes: Uint8Array): boolean {
  return /^(?::\S{1,255} )?NOTICE (?:\*|AUTH) :|^:\S{1,255} (?:451|421) /.test(headText(bytes));
}

/**
 * IRC: RFC 2812, IRCv3. We ask for the capabilities and quit; product and version are told only
 * to registered users, and registering is a login.
 */
export const irc = defineProtocol({
  name: 'irc',
  title: 'IRC',
  transport: 'tcp',
  over: 'tcp',
  ports: [6667, 6666, 6668, 6669, 7000],
  tlsPorts: [6697],
  manners: 'ask',
  details,
  recognises: (bytes) => isGreeting(bytes) || headText(bytes).startsWith('ERROR :'),
  identify,
});
