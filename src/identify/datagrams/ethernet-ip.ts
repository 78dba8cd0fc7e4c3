import { cipDetails, LIST_IDENTITY_REQUEST, readIdentity } from '../cip-identity.ts';
import { defineDatagram } from '../datagram.ts';

/** EtherNet/IP over UDP: asks for the identity, as configuration tools do of every device. */
export const ethernetIp = defineDatagram({
  name: 'ethernet-ip',
  title: 'EtherNet/IP',
  ports: [44818],
  questions: [{ name: 'ethernet-ip', payload: () => LIST_IDENTITY_REQUEST }],
  details: cipDetails,
  read(payload) {
    const identity = readIdentity(payload);
    if (identity === null) return null;
    return { product: identity.productName, version: identity.revision, details: identity };
  },
});
