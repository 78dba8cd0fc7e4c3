import { cipDetails, LIST_IDENTITY_REQUEST, readIdentity } from '../cip-identity.ts';
import { receiveWhole } from '../dialogue.ts';
import { lengthFrame } from '../length-frame.ts';
import { defineProtocol } from '../plugin.ts';

/** Encapsulation header (CIP volume 2 §2-3.1): command, length, session, status, context, options. */
const packetFrame = lengthFrame({ at: 2, size: 2, littleEndian: true, extra: 24 });
/** Asks for the identity, as configuration tools do of every device on the network. */
export const ethernetIp = defineProtocol({
  name: 'ethernet-ip',
  title: 'EtherNet/IP',
  transport: 'tcp',
  over: 'tcp',
  ports: [44818],
  manners: 'ask',
  details: cipDetails,

  async identify(talk) {
    talk.send(LIST_IDENTITY_REQUEST);
    const bytes = await receiveWhole(talk, packetFrame);
    const identity = bytes && readIdentity(bytes);
    return (
      identity && { product: identity.productName, version: identity.revision, details: identity }
    );
  },
});
