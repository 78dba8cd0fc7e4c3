import { CLIENT_NAME } from '../../model/agent.ts';
import { bytesOf } from '../bytes.ts';
import { defineDatagram } from '../datagram.ts';
import { optionsRequest, readSip, sipDetails } from '../sip-message.ts';

/** SIP over UDP (RFC 3261): OPTIONS to a host that cannot exist, so that it stays with whoever answers. */
export const sip = defineDatagram({
  name: 'sip',
  title: 'SIP',
  ports: [5060, 5080],
  questions: [
    {
      name: 'sip',
      payload: () => bytesOf(optionsRequest({ host: `${CLIENT_NAME}.invalid`, transport: 'UDP' })),
    },
  ],
  details: sipDetails,
  read: readSip,
});
