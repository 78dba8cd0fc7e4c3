import { family } from './text.ts';

/** Verdicts of `postern audit`, where the look from outside, the listener and the firewall meet. */
export const hostRules = family({
  'host.loopback': {
    title: 'Listens on the loopback only',
    severity: 'info',
    sees: 'Every program on this port is bound to an address of the loopback.',
    matters: 'Nobody but this machine itself can reach it, whatever the firewall does.',
    todo: 'Nothing.',
  },
  'host.other-namespace': {
    title: 'Listens in another network namespace',
    severity: 'info',
    sees: 'A program listens in the network namespace of a container, or in a named one.',
    matters:
      'It is reached through ports that the host hands on, which are judged as ports of the host, and stands behind firewall rules of its own.',
    todo: 'Nothing.',
  },
  'host.blocked': {
    title: 'Listens, and nobody is let in',
    severity: 'info',
    sees: 'A program listens, and two or more firewall layers, each alone, keep everybody out.',
    matters: 'The port is closed to others, and stays so when one layer fails.',
    todo: 'Nothing; a program that only this machine uses is better bound to the loopback.',
  },
  'host.one-layer': {
    title: 'One layer alone keeps everybody out',
    severity: 'low',
    sees: 'A program that strangers must not reach listens, and one firewall layer alone, or something between here and the place that looked, stands before it.',
    matters: 'When that one rule is changed or flushed, the port is open at once.',
    todo: 'Bind the program to the loopback or the inner network, or close the port in a second layer too.',
  },
  'host.needed-but-blocked': {
    title: 'Expected by the policy, and blocked',
    severity: 'medium',
    sees: 'The policy expects the port to be reachable, a program listens, and the firewall lets nobody in.',
    matters: 'Who needs the service cannot use it.',
    todo: 'Open the port in the layer that is named, or take it out of the policy.',
  },
  'host.allowed-unused': {
    title: 'Let through, and nobody listens',
    severity: 'low',
    sees: 'A firewall rule lets connections to this port in, and no program listens there.',
    matters:
      'Whatever program opens this port next, wanted or not, is reachable from outside at once.',
    todo: 'Take the port out of the rule, or start the program it is for.',
  },
  'host.no-listener': {
    title: 'Open outside, no listener here',
    severity: 'medium',
    sees: 'The look from outside found the port open at an address of this host, and here no program listens there, or on the loopback only.',
    matters:
      'Something in between answers (a router that forwards, a proxy, another machine with this address), or a program hides.',
    todo: 'Look at the port forwarding of the router or load balancer before this host; look for hidden processes if there is none.',
  },
  'host.wider-than-policy': {
    title: 'Reachable from more than the policy expects',
    severity: 'high',
    sees: 'The policy expects the port from some networks only, and the firewall lets others in.',
    matters: 'The policy is the word on who needs the port; everybody else is a way in.',
    todo: 'Restrict the port to the networks of the policy: `postern restrict PORT --from NETWORK`.',
  },
  'host.restricted': {
    title: 'Reachable from some networks only',
    severity: 'info',
    sees: 'The firewall lets only some networks or devices in to a port that is needed by some only. To a service that no stranger may reach (a database, a cache), these must be private networks, or devices.',
    matters: 'That is how such a port should stand.',
    todo: 'Nothing; look now and then whether these networks still need it.',
  },
  'host.unknown-program': {
    title: 'Reachable, and what for is not known',
    severity: 'low',
    sees: 'Others can reach a program that neither its name, nor its port, nor an answer says anything about.',
    matters: 'What nobody knows, nobody keeps updated.',
    todo: 'Find out what it is for; then close or restrict the port, or put it into the policy.',
  },
  'host.loopback-would-do': {
    title: 'Open to others, used by this machine only',
    severity: 'low',
    sees: 'The program listens on all addresses, others can reach it, and every connection it had while we looked was from this machine.',
    matters: 'A door that nobody from outside uses is better walled up.',
    todo: 'Bind the program to 127.0.0.1 and ::1.',
  },
  'host.reach-unknown': {
    title: 'Who can reach it is not known',
    severity: 'low',
    sees: 'A program listens, and a firewall rule that was not understood, or that we may not read, decides who gets in; or the port is open from outside although the rules that were read let nobody in.',
    matters: 'Not known is not closed.',
    todo: 'Run `postern audit` as root; look at the rule that is named; scan the port from outside.',
  },
});
