import { expect, it } from 'vitest';
import { sampleAudit } from '../../test/helpers/sample-audit.ts';
import type { FirewallFlaw, FlawId } from '../model/firewall-flaw.ts';
import { notToldBy } from './told-by-doors.ts';

const RULE = { line: 4, text: 'tcp dport 80 accept' };
const [first] = sampleAudit().doors;
const decision = { layer: 'nftables', origin: 'nft', table: 't', chain: 'c', rule: RULE } as const;

function doors(fate: 'accept' | 'drop') {
  if (first === undefined) throw new Error('the sample has no door');
  const part = { fate, from: ['0.0.0.0/0'], conditions: [], decisions: [{ ...decision, fate }] };
  const [reachability] = first.reachability;
  if (reachability === undefined) throw new Error('the sample has no reachability');
  return [{ ...first, reachability: [{ ...reachability, parts: [part] }] }];
}

function flaw(id: FlawId, more: Partial<FirewallFlaw> = {}): FirewallFlaw {
  const words = { severity: 'low', layer: 'nftables', why: '', todo: '', evidence: [] } as const;
  return { ...words, id, origin: 'nft', rule: RULE, ...more };
}

it('leaves out what the verdict of a port says too, and nothing else', () => {
  const told = [flaw('firewall.no-listener'), flaw('firewall.wide-source')];
  const others = [
    flaw('firewall.shadowed-rule'),
    flaw('firewall.no-listener', { origin: 'another' }),
    flaw('firewall.wide-source', { rule: { ...RULE, line: 5 } }),
  ];
  expect(notToldBy(doors('accept'), [...told, ...others])).toEqual(others);
  expect(notToldBy(doors('drop'), told)).toEqual(told);
});
