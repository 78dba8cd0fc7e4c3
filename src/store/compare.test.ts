import { expect, it } from 'vitest';
import { lookOf } from '../../test/helpers/stored-looks.ts';
import { compareReports } from './compare.ts';

const HOST = '192.0.2.7';
const ssh = { service: { protocol: 'ssh', product: 'OpenSSH', version: '9.2' } };

function kinds(before: Parameters<typeof lookOf>[0], after: Parameters<typeof lookOf>[0]) {
  return compareReports(lookOf(before), lookOf(after)).map((one) => `${one.kind} ${one.port}`);
}

it('tells what opened, closed and is another service, of ports that both looks covered', () => {
  const before = { at: 1, tcp: '22,80,443', hosts: { [HOST]: { 22: ssh, 80: 'open' as const } } };
  const newer = { service: { ...ssh.service, version: '9.9' } };
  const after = { at: 2, tcp: '22,80,443', hosts: { [HOST]: { 22: newer, 443: 'open' as const } } };
  expect(kinds(before, after)).toEqual(['service 22', 'closed 80', 'opened 443']);
});

it('says nothing of a port outside the scope of one of them', () => {
  const before = { at: 1, tcp: '22', hosts: { [HOST]: { 22: 'open' as const } } };
  const after = { at: 2, tcp: '80,443', hosts: { [HOST]: { 80: 'open' as const } } };
  expect(kinds(before, after)).toEqual([]);
});

it('says nothing of a host that one of them did not look at', () => {
  const before = { at: 1, tcp: '22', hosts: { [HOST]: { 22: 'open' as const } } };
  expect(kinds(before, { at: 2, tcp: '22', hosts: {} })).toEqual([]);
  const block = { at: 2, tcp: '22', targets: ['192.0.2.0/24'], hosts: {} };
  expect(kinds(before, block)).toEqual(['closed 22']);
  expect(kinds(before, { ...block, complete: false })).toEqual([]);
  expect(kinds(block, { ...before, at: 3 })).toEqual(['opened 22']);
});

it('tells a verdict that changed, and no word of services that only one look learned', () => {
  const port = (severity: 'low' | 'high') => ({ [HOST]: { 22: { severity } } });
  const before = { at: 1, tcp: '22', hosts: port('low') };
  expect(kinds(before, { at: 2, tcp: '22', hosts: port('high') })).toEqual(['verdict 22']);
  const plain = { at: 1, tcp: '22', hosts: { [HOST]: { 22: 'open' as const } } };
  expect(kinds(plain, { at: 2, tcp: '22', hosts: { [HOST]: { 22: ssh } } })).toEqual([]);
});
