import { expect, it } from 'vitest';
import type { PortRecord } from '../model/scan.ts';
import { protocolOf } from './service.ts';

const OPEN: PortRecord = {
  address: '127.0.0.1',
  names: [],
  transport: 'tcp',
  port: 4000,
  state: 'open',
  reason: 'syn-ack',
};

it('tells a port that stayed silent from one that nobody asked', () => {
  expect(protocolOf(OPEN)).toBe('silent');
  expect(protocolOf({ ...OPEN, asked: false })).toBe('not asked');
  expect(protocolOf({ ...OPEN, state: 'closed', reason: 'rst' })).toBe('');
});
