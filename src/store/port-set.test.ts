import { expect, it } from 'vitest';
import { portSet, portsIn } from './port-set.ts';

it('knows its ports, and none by a slip', () => {
  const set = portSet('22,80,8000-8002');
  expect(set.size).toBe(5);
  expect([22, 80, 8000, 8002].every((port) => set.has(port))).toBe(true);
  expect([23, 7999, 8003].some((port) => set.has(port))).toBe(false);
  for (const text of ['', 'x', '9-1', '1-', '-']) expect(portSet(text).size).toBe(0);
  expect(portsIn('1-3,7')).toEqual([1, 2, 3, 7]);
});
