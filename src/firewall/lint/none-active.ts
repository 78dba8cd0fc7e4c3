import { filtersOf } from '../netfilter-order.ts';
import type { Check } from './check.ts';

/** No layer closes anything, and all that there is was read and understood. */
export const noneActive: Check = ({ layers, answers }) => {
  const asked = filtersOf(layers).flatMap((filter) => filter.layers);
  if (asked.some(({ unread }) => unread.length > 0)) return [];
  const parts = answers.flatMap((answer) => answer.parts);
  if (parts.some(({ fate }) => fate !== 'accept')) return [];
  const [first] = asked;
  return [
    {
      id: 'firewall.none-active',
      severity: 'high',
      layer: first?.kind ?? '',
      origin: first?.origin ?? '',
      why: 'No firewall is active: every new connection is let through to every port.',
      todo: 'Switch a firewall on that denies by default, and allow the ports that are needed.',
      evidence: asked.map(({ kind, origin }) => `${kind} (${origin}): closes nothing`),
    },
  ];
};
