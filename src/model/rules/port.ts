import { family } from './text.ts';

/** Verdicts where the service is not known and the port number has to speak. */
export const portRules = family({
  'port.expected': {
    title: 'Expected by its port number',
    severity: 'info',
    sees: 'Nobody asked what answers (`--no-identify`), or it stayed silent or was TLS around something unknown, and the number is one where web, mail, DNS or a VPN is meant to be reached.',
    matters: 'Nothing speaks against the port, but only its number speaks for it.',
    todo: 'Nothing; scan without `--no-identify` to be sure.',
  },
  'port.restrict': {
    title: 'To be restricted, by its port number',
    severity: 'medium',
    sees: 'What answers was not identified, or is a web server that fits the number, and applications on this port are needed by some people only. The severity is that of the port in `postern ports`.',
    matters: 'The verdict quotes what usually runs there and what a stranger gets out of it.',
    todo: 'Put it behind a VPN or an address list, or close it if nobody needs it.',
  },
  'port.close': {
    title: 'To be closed, by its port number',
    severity: 'high',
    sees: 'What answers was not identified, or is a web server that fits the number, and applications on this port have no business on the internet. The severity is that of the port in `postern ports`.',
    matters: 'The verdict quotes what usually runs there and what a stranger gets out of it.',
    todo: 'Close it in the firewall and let the program listen on the loopback or the inner network.',
  },
  'unknown.service': {
    title: 'Unknown service',
    severity: 'low',
    sees: 'Something answered that no protocol of Postern recognised or has an opinion about, on a port that says nothing either.',
    matters: 'What nobody knows, nobody keeps updated.',
    todo: 'Find out which program listens there (`ss -ltnp` on the host), then close it or put it into the policy.',
  },
  'unknown.silent': {
    title: 'Open but silent',
    severity: 'low',
    sees: 'The port accepts connections, said nothing and did not answer any question, and its number says nothing either.',
    matters:
      'It can be a service that talks to known addresses only, a program that hangs, or a device in between that accepts everything.',
    todo: 'Find out which program listens there (`ss -ltnp` on the host), then close it or put it into the policy.',
  },
  'port.not-open': {
    title: 'Not open',
    severity: 'info',
    sees: 'A port that was asked for with `--show` and is closed, filtered, unreachable or was not reached.',
    matters: 'There is nothing to judge.',
    todo: 'Nothing; a policy cannot change this rule.',
  },
});
