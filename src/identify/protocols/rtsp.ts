import { z } from 'zod';
import { USER_AGENT } from '../../model/agent.ts';
import type { Conversation } from '../../net/conversation.ts';
import { startsWith } from '../bytes.ts';
import { clip, clipList } from '../dialogue.ts';
import { authSchemes, refusesStrangers } from '../http-auth.ts';
import { fieldOf, type HttpResponse, httpFrame, readHttpResponse } from '../http-message.ts';
import { isRtspTunnel } from '../http-visit.ts';
import { defineProtocol } from '../plugin.ts';
import { present } from '../present.ts';
import { namedProduct, type ProductMark } from '../products.ts';

const details = z.object({
  status: z.number().int().describe('Status code of the answer to OPTIONS (RFC 2326 §11)'),
  rtspVersion: z.string().describe('Version in the status line: 1.0'),
  server: z.string().optional().describe('Server field'),
  methods: z.array(z.string()).optional().describe('Methods of the Public field'),
  authRequired: z
    .boolean()
    .optional()
    .describe('Whether the root stream is described only to those with a password'),
  authSchemes: z.array(z.string()).optional().describe('Schemes it takes, lower case'),
  clearTextLogin: z
    .boolean()
    .optional()
    .describe('True when it takes a Basic password without TLS'),
});

const SERVERS: readonly ProductMark[] = [
  { pattern: /^GStreamer RTSP server(?:\/([\d.]{1,20}))?/, product: 'GStreamer RTSP server' },
  { pattern: /^gortsplib|^MediaMTX/i, product: 'MediaMTX' },
  {
    pattern: /LIVE555 Streaming Media v?([\d.]{1,20})/,
    product: 'LIVE555',
    cpe: ['live555', 'streaming_media'],
  },
  { pattern: /^VLC\/([\d.]{1,20})/, product: 'VLC', cpe: ['videolan', 'vlc_media_player'] },
  {
    pattern: /^Wowza Streaming Engine ([\d.]{1,20})/,
    product: 'Wowza Streaming Engine',
    cpe: ['wowza', 'streaming_engine'],
  },
  {
    pattern: /^DSS\/([\d.]{1,20})/,
    product: 'Darwin Streaming Server',
    cpe: ['apple', 'darwin_streaming_server'],
  },
  { pattern: /^Hipcam RealServer\/V?([\d.]{1,20})/, product: 'Hipcam RealServer' },
  { pattern: /^Helix [^/]{1,40}\/([\d.]{1,20})/, product: 'Helix Server' },
  { pattern: /^H264DVR ([\d.]{1,20})/, product: 'H264DVR' },
  { pattern: /^Dahua Rtsp Server/i, product: 'Dahua camera' },
  { pattern: /^(?:HiIpcam|Hikvision)/i, product: 'Hikvision camera' },
  { pattern: /^AirTunes\/([\d.]{1,20})/, product: 'AirPlay' },
];

const frame = (buffered: Uint8Array) => httpFrame(buffered, 'RTSP');

async function ask(talk: Conversation, request: readonly string[]): Promise<HttpResponse | null> {
  talk.send([...request, `User-Agent: ${USER_AGENT}`, '\r\n'].join('\r\n'));
  const { bytes } = await talk.receive(frame, 4_000);
  return readHttpResponse(bytes, 'RTSP');
}

/** Whether the stream at the root is described to anybody; nothing is set up or played. */
async function describe(talk: Conversation) {
  const scheme = talk.tls === undefined ? 'rtsp' : 'rtsps';
  const url = `${scheme}://${talk.serverName ?? talk.authority}:${talk.port}/`;
  const request = [`DESCRIBE ${url} RTSP/1.0`, 'CSeq: 2', 'Accept: application/sdp'];
  const response = await ask(talk, request);
  const schemes = response === null ? [] : authSchemes(response);
  return {
    authRequired: response?.status === 403 ? undefined : refusesStrangers(response),
    authSchemes: schemes.length === 0 ? undefined : schemes,
    clearTextLogin: schemes.includes('basic') && talk.tls === undefined ? true : undefined,
  };
}

function methodsOf(response: HttpResponse): string[] | undefined {
  const methods = fieldOf(response, 'public')
    ?.split(',')
    .map((method) => clip(method.trim()))
    .filter((method) => method !== '');
  return methods === undefined ? undefined : clipList(methods);
}

/** RTSP (RFC 2326, RFC 7826): OPTIONS, then DESCRIBE of the root. */
export const rtsp = defineProtocol({
  name: 'rtsp',
  title: 'RTSP',
  transport: 'tcp',
  over: 'tcp',
  ports: [554, 8554, 10554],
  tlsPorts: [322],
  manners: 'ask',
  details,

  recognises(bytes) {
    if (startsWith(bytes, 'RTSP/')) return readHttpResponse(bytes, 'RTSP') !== null;
    const tunnel = readHttpResponse(bytes);
    return tunnel !== null && isRtspTunnel(tunnel);
  },

  async identify(talk) {
    const response = await ask(talk, ['OPTIONS * RTSP/1.0', 'CSeq: 1']);
    if (response === null) return null;
    const server = fieldOf(response, 'server');
    return {
      ...namedProduct(server ?? '', SERVERS),
      details: present({
        status: response.status,
        rtspVersion: response.version,
        server: server === undefined ? undefined : clip(server),
        methods: methodsOf(response),
        ...(await describe(talk)),
      }),
    };
  },
});
