import { describe, it } from 'vitest';
import { EPOLL, NODE } from '../../src/probe/connect/kinds.ts';
import { engineSuite } from './engine.ts';

const reason = await EPOLL.unavailable();
if (reason === null) engineSuite(EPOLL, { readsIcmp: true });
else describe(`engine epoll`, () => it.skip(`cannot run here: ${reason}`, () => undefined));

// node:net gives an error number, never the ICMP message.
engineSuite(NODE, { readsIcmp: false });
