import { startsWith } from '../bytes.ts';
import { httpFrame } from '../http-message.ts';
import { defineProtocol } from '../plugin.ts';
import { optionsRequest, readSip, sipDetails } from '../sip-message.ts';

const frame = (buffered: Uint8Array) => httpFrame(buffered, 'SIP');

/** SIP over TCP and TLS (RFC 3261): OPTIONS. */
export const sip = defineProtocol({
  name: 'sip',
  title: 'SIP',
  transport: 'tcp',
  over: 'tcp',
  ports: [5060, 5080],
  tlsPorts: [5061],
  manners: 'ask',
  details: sipDetails,

  recognises(bytes) {
    return startsWith(bytes, 'SIP/2.0 ') && readSip(bytes) !== null;
  },

  async identify(talk) {
    const host = `${talk.serverName ?? talk.authority}:${talk.port}`;
    talk.send(optionsRequest({ host, transport: talk.tls === undefined ? 'TCP' : 'TLS' }));
    const { bytes } = await talk.receive(frame, 4_000);
    return readSip(bytes);
  },
});
