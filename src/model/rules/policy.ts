import { family } from './text.ts';

/** Verdicts that the user's own policy decides. */
export const policyRules = family({
  'policy.expected': {
    title: 'Expected by the policy',
    severity: 'info',
    sees: 'A rule of the policy expects this port on this host, with this service, and the look came from where it is meant for or could not tell.',
    matters: 'The port is open because somebody decided so; nothing is to be done.',
    todo: 'Nothing. Other findings of the port, such as an expired certificate, still stand.',
  },
  'policy.outside-networks': {
    title: 'Reachable from outside the networks it is meant for',
    severity: 'high',
    sees: 'The policy expects the port from certain networks only (`from`), and the look came from an address outside them. A look over loopback never fires it, for it says nothing about outsiders.',
    matters: 'The address list that the policy relies on is not in force.',
    todo: 'Let the firewall pass the port from the networks in the policy only, or widen `from` if this source is meant to reach it.',
  },
  'policy.other-service': {
    title: 'Another service than the policy expects',
    severity: 'high',
    sees: 'The policy names the `service` that must answer on the port, and a different protocol was identified. A port whose service was not identified does not fire it.',
    matters:
      'A program took a port that was opened for another one: a mistake, a takeover, or a policy that is out of date.',
    todo: 'Find out which program listens there; stop it, or correct `service` in the policy.',
  },
  'policy.not-expected': {
    title: 'Open although the policy wants nothing else open',
    severity: 'high',
    sees: 'A rule with `only: true` covers the host and no rule expects this port.',
    matters: 'Somebody decided what this host needs, and this port is not part of it.',
    todo: 'Stop the program or close the port in the firewall; if it is needed, add it to the policy with its reason.',
  },
});
