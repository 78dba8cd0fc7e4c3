import { describe } from 'vitest';
import { EPOLL } from '../../src/probe/connect/kinds.ts';
import { linuxUdp, nodeUdp } from '../../src/probe/udp/kinds.ts';
import { udpEngineSuite } from './udp-engine.ts';

const reason = await EPOLL.unavailable();
if (reason !== null) process.stderr.write(`skipped: engine udp cannot run here: ${reason}\n`);

describe.skipIf(reason !== null)('engine udp', () => {
  udpEngineSuite(linuxUdp, { readsIcmp: true });
});

describe('engine dgram', () => {
  // node:dgram gives an error number, and none for what the kernel takes for passing trouble.
  udpEngineSuite(nodeUdp, { readsIcmp: false });
});
