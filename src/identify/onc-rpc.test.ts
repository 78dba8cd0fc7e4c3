import { expect, it } from 'vitest';
import { itNeverThrows, readFixtures, repliesOf } from '../../test/helpers/fixture.ts';
import { hexText } from './encode.ts';
import { readRpcReply, rpcCall } from './onc-rpc.ts';

const seeds = ['rpcbind', 'nfs'].flatMap(readFixtures).flatMap(repliesOf);

it('calls without credentials', () => {
  expect(hexText(rpcCall(100_003, 3, 0))).toBe(
    `80000028706f73740000000000000002000186a300000003${'00'.repeat(20)}`,
  );
});

itNeverThrows('readRpcReply', readRpcReply, seeds);
