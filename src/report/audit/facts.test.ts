import { expect, it } from 'vitest';
import { sampleAudit } from '../../../test/helpers/sample-audit.ts';
import type { OutsideLook } from '../../model/audit.ts';
import { outsideText } from './facts.ts';

function look(address: string, state: OutsideLook['state'], itself?: true): OutsideLook {
  return { address, state, vantage: 'db1', ...(itself && { itself }) };
}

function told(...outside: readonly OutsideLook[]): string {
  const [door] = sampleAudit().doors;
  if (door === undefined) throw new Error('the sample has no door');
  return outsideText({ ...door, outside });
}

it('says in a word how a port looked, and the families apart only where they differ', () => {
  expect(told()).toBe('');
  expect(told(look('192.0.2.7', 'open'), look('2001:db8::7', 'open'))).toBe('outside: open');
  expect(told(look('192.0.2.7', 'open', true), look('2001:db8::7', 'closed', true))).toBe(
    'itself: IPv4 open, IPv6 closed',
  );
  expect(told(look('192.0.2.7', 'open', true), look('192.0.2.7', 'filtered'))).toBe(
    'itself: open, outside: filtered',
  );
});
