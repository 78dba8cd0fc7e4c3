import { expect, it } from 'vitest';
import type { Plan } from '../remedy/plan.ts';
import { planText } from './remedy-text.ts';

const PLAN: Plan = {
  summary: 'close tcp port 6379',
  inCharge: { kind: 'nftables', why: 'nftables rules filter what comes in' },
  change: { transport: 'tcp', port: 6379, families: [4, 6], reason: 'close' },
  script: {
    kind: 'nftables',
    apply: [],
    undo: [],
    persist: [],
    touches: [],
    text: '# close it\nnft -f closed.nft\n',
    warnings: [],
  },
  services: [
    { how: 'bind', todo: 'Bind it.', lines: ['bind 127.0.0.1'], file: '/etc/redis/redis.conf' },
    { how: 'disable', todo: 'Or switch it off.', lines: ['systemctl disable --now redis-server'] },
  ],
  warnings: ['A rule is left standing.'],
};

it('has no line to paste but those of the change: what is done at the service is another way', () => {
  const text = planText(PLAN, 80);
  const pasted = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  expect(pasted).toEqual(['nft -f closed.nft']);
  expect(text).toContain('# Nothing was changed. --apply makes the change');
  const elsewhere = planText({ ...PLAN, script: { ...PLAN.script, kind: 'cisco' } }, 200);
  expect(elsewhere).toContain('--apply does not reach it');
  expect(text).toContain('#   bind 127.0.0.1\n');
  expect(text).toContain('#   systemctl disable --now redis-server\n');
});
