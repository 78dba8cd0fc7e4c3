import { z } from 'zod';
import type { Conversation } from '../../net/conversation.ts';
import { lineFrame, utf8Text } from '../bytes.ts';
import { cpe23 } from '../cpe.ts';
import { clip, headText, receiveWhole } from '../dialogue.ts';
import { defineProtocol, type Identity } from '../plugin.ts';

const details = z.object({
  serverName: z.string().optional().describe('server_name of INFO'),
  cluster: z.string().optional().describe('Name of the cluster'),
  goVersion: z.string().optional().describe('Version of Go it was built with'),
  gitCommit: z.string().optional().describe('Commit it was built from'),
  protocolVersion: z.number().optional().describe('proto of INFO'),
  maxPayload: z.number().optional().describe('Largest message in bytes'),
  jetStream: z.boolean().describe('JetStream is on'),
  authRequired: z.boolean().describe('auth_required of INFO'),
  clearTextLogin: z.boolean().describe('Credentials are asked for and TLS is not required'),
  startTls: z.boolean().optional().describe('tls_required or tls_available of INFO'),
  tlsRequired: z.boolean().describe('Clients must enter TLS after INFO'),
});

type Info = Readonly<Record<string, unknown>>;

/** The object of an `INFO {…}` line (docs.nats.io, client protocol); null when it is none. */
export function readNatsInfo(bytes: Uint8Array): Info | null {
  const line = utf8Text(bytes);
  const start = /^INFO +/i.exec(line.slice(0, 64))?.[0].length;
  if (start === undefined) return null;
  try {
    const info: unknown = JSON.parse(line.slice(start));
    return isNatsInfo(info) ? info : null;
  } catch {
    return null;
  }
}

function isNatsInfo(info: unknown): info is Info {
  return typeof info === 'object' && info !== null && 'server_id' in info && 'version' in info;
}

function text(info: Info, name: string): string | undefined {
  const value = info[name];
  return typeof value === 'string' && value !== '' ? clip(value) : undefined;
}

function texts(info: Info, names: Readonly<Record<string, string>>) {
  const pairs = Object.entries(names).map(([field, name]) => [field, text(info, name)] as const);
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined));
}

function number(info: Info, name: string): number | undefined {
  const value = info[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function described(info: Info, secure: boolean): z.infer<typeof details> {
  const tlsRequired = info['tls_required'] === true;
  const authRequired = info['auth_required'] === true;
  const maxPayload = number(info, 'max_payload');
  const protocolVersion = number(info, 'proto');
  return {
    ...texts(info, {
      serverName: 'server_name',
      cluster: 'cluster',
      goVersion: 'go',
      gitCommit: 'git_commit',
    }),
    ...(maxPayload === undefined ? {} : { maxPayload }),
    ...(protocolVersion === undefined ? {} : { protocolVersion }),
    jetStream: info['jetstream'] === true,
    authRequired,
    clearTextLogin: authRequired && !tlsRequired && !secure,
    ...(secure ? {} : { startTls: tlsRequired || info['tls_available'] === true }),
    tlsRequired,
  };
}

async function identify(talk: Conversation): Promise<Identity<z.infer<typeof details>> | null> {
  const bytes = await receiveWhole(talk, lineFrame);
  const info = bytes === null ? null : readNatsInfo(bytes);
  if (info === null) return null;
  const found = described(info, talk.tls !== undefined);
  const layer = found.startTls === true ? await talk.startTls() : null;
  const version = text(info, 'version')?.replace(/^v/, '');
  return {
    product: 'NATS Server',
    ...(version === undefined ? {} : { version }),
    cpe: cpe23('linuxfoundation', 'nats-server', version),
    details: found,
    ...(layer === null ? {} : { startTls: layer }),
  };
}

/** NATS: the server's INFO says everything; we send nothing but a TLS handshake where offered. */
export const nats = defineProtocol({
  name: 'nats',
  title: 'NATS',
  transport: 'tcp',
  over: 'tcp',
  ports: [4222, 6222, 7422],
  tlsPorts: [4222],
  manners: 'listen',
  details,
  recognises: (bytes) => /^INFO +\{/.test(headText(bytes)),
  identify,
});
