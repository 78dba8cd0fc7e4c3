import { family } from './text.ts';

/** Verdicts for open ports that have no service behind them. */
export const phantomRules = family({
  'phantom.ports': {
    title: 'Phantom ports',
    severity: 'info',
    sees: 'Open ports that behave as random high ports of the same host do, where nobody expects a service: they never take data, reset, say the same everywhere, stay mute or drip. One finding stands for all that are alike; [phantoms.md](phantoms.md) explains each kind.',
    matters:
      'They are no doors, but they hide the real ones from whoever only counts open ports, and a device that answers for a host can fail open.',
    todo: 'Find out which firewall, SYN proxy, load balancer or tarpit answers for the host, and scan from behind it to see what is really open.',
  },
});
