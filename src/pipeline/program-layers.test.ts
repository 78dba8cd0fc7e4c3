import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { windows } from '../firewall/kinds/windows/windows.ts';
import { reachability } from '../firewall/reach.ts';
import { LayersByProgram } from './program-layers.ts';

const file = new URL('../../test/fixtures/firewall/windows/server.json', import.meta.url);
const source = { origin: 'server.json', text: readFileSync(file, 'utf8') };
const layers = [windows.read([source], 'live')];
const machine = { hostname: 'w', system: 'windows', devices: [], routes: [] } as const;
const SVCHOST = 'C:\\Windows\\System32\\svchost.exe';

it.each([
  ['the service it is for', [{ executable: SVCHOST, unit: 'TermService' }], 'anyone'],
  ['another service', [{ executable: SVCHOST, unit: 'Dhcp' }], 'nobody'],
  ['one of several services', [{ executable: SVCHOST, unit: 'Dhcp, TermService' }], 'unknown'],
  ['another program', [{ executable: 'C:\\x\\y.exe' }], 'nobody'],
  ['a program that is not known', [{}], 'unknown'],
  ['two programs', [{ executable: 'C:\\x\\y.exe' }, { executable: SVCHOST }], 'unknown'],
  ['nobody', [], 'unknown'],
])('asks a rule of one service for %s', (_, holders, reach) => {
  const own = new LayersByProgram(layers).of(holders);
  const question = { family: 4, transport: 'tcp', port: 3389 } as const;
  expect(reachability(own.layers, question, machine).reach).toBe(reach);
});

it('makes the layers of one program once', () => {
  const programs = new LayersByProgram(layers);
  const one = programs.of([{ executable: SVCHOST, unit: 'TermService' }]);
  expect(programs.of([{ executable: SVCHOST, unit: 'TermService' }])).toBe(one);
  expect(new LayersByProgram([]).of([{ executable: SVCHOST }])).toEqual({ key: '', layers: [] });
});
