import { isOff } from '../mentioned.ts';
import { filtersOf } from '../netfilter-order.ts';
import type { Check } from './check.ts';

/** No layer closes anything, and all that there is was read and understood. */
export const noneActive: Check = ({ layers, answers }) => {
  const asked = filtersOf(layers).flatMap((filter) => filter.layers);
  if (asked.some(({ unread }) => unread.length > 0)) return [];
  const parts = answers.flatMap((answer) => answer.parts);
  if (parts.some(({ fate }) => fate !== 'accept')) return [];
  const [first] = asked;
  const off = layers.filter(isOff).map(({ kind }) => kind);
  const there = off.length === 0 ? '' : ` (${off.join(' and ')}: there, but switched off)`;
  return [
    {
      id: 'firewall.none-active',
      severity: 'high',
      layer: first?.kind ?? '',
      origin: first?.origin ?? '',
      why: `No firewall is active${there}: every new connection is let through to every port.`,
      todo: 'Switch a firewall on that denies by default, and allow the ports that are needed.',
      evidence: [...new Set([...asked, ...layers.filter(isOff)])].map(
        (layer) =>
          `${layer.kind} (${layer.origin}): ${isOff(layer) ? 'switched off' : 'closes nothing'}`,
      ),
    },
  ];
};
