import type { Layer } from '../firewall/layer.ts';
import { readFirewalls } from '../host/firewall.ts';
import { readListeners } from '../host/listeners.ts';
import { readMachine } from '../host/machine.ts';
import { readUsage } from '../host/usage.ts';
import type { InsideFacts } from './audit.ts';

/**
 * Looks at this host: listeners, firewall layers, addresses, use. `before` are layers before the
 * host. Never throws for what cannot be seen: that is said in the facts.
 */
export async function lookInside(before: readonly Layer[]): Promise<InsideFacts> {
  // the firewalls' tools run while the rest is read
  const [firewalls, look, machine] = await Promise.all([
    readFirewalls(),
    readListeners(),
    readMachine(),
  ]);
  return {
    machine,
    listeners: look.listeners,
    publications: look.publications,
    usage: await readUsage(look),
    layers: [...before, ...firewalls.layers],
    problems: firewalls.problems.map(({ code, message }) => ({ code, message })),
    unseen: look.unseen,
    everyListener: look.ownComplete,
  };
}
