import { describe } from 'vitest';
import { EPOLL, NODE } from '../../src/probe/connect/kinds.ts';
import { engineSuite } from './engine.ts';

const reason = await EPOLL.unavailable();
if (reason !== null) process.stderr.write(`skipped: engine epoll cannot run here: ${reason}\n`);

describe.skipIf(reason !== null)('engine epoll', () => {
  engineSuite(EPOLL, { readsIcmp: true, asksOn: false });
});

describe('engine node', () => {
  // node:net gives an error number, never the ICMP message.
  engineSuite(NODE, { readsIcmp: false, asksOn: false });
});
