import { expect, it } from 'vitest';
import type { Phantom } from '../model/scan.ts';
import { PhantomPorts } from './phantom-ports.ts';

it('groups ports by what they are, in canonical ranges', () => {
  const mute: Phantom = { kind: 'answers-everywhere', confidence: 0.8, evidence: [] };
  const shut: Phantom = { kind: 'zero-window', confidence: 0.98, evidence: ['a'] };
  const ports = new PhantomPorts();
  for (let port = 1; port <= 65_535; port++) if (port !== 22) ports.add(port, mute);
  ports.add(22, shut);
  expect(ports.count).toBe(65_535);
  expect(ports.groups()).toEqual([
    { ...mute, transport: 'tcp', ports: '1-21,23-65535', count: 65_534, first: 1 },
    { ...shut, transport: 'tcp', ports: '22', count: 1, first: 22 },
  ]);
});
