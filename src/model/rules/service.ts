import { family } from './text.ts';

/** Verdicts for services that belong on the internet, or are needed by some. */
export const serviceRules = family({
  'service.web': {
    title: 'Web server',
    severity: 'info',
    sees: 'A web server, on whatever port, that is not known to be a console or an interface of another product.',
    matters: 'Web sites are meant to be reached by everybody.',
    todo: 'Nothing. A policy with `only: true` reports web servers on ports that nobody decided on.',
  },
  'service.mail': {
    title: 'Mail server',
    severity: 'info',
    sees: 'SMTP, IMAP or POP3.',
    matters: 'Mail is meant to be delivered by and fetched from everywhere.',
    todo: 'Nothing. Login without encryption and old certificates are findings of their own.',
  },
  'service.dns': {
    title: 'Name server',
    severity: 'info',
    sees: 'A DNS server.',
    matters:
      'Names are meant to be asked for by everybody. Whether it also resolves for strangers is `dns.open-recursion`.',
    todo: 'Nothing.',
  },
  'service.time': {
    title: 'Time server',
    severity: 'info',
    sees: 'A server that speaks NTP.',
    matters:
      'Time is meant to be asked for. Whether the server multiplies traffic is `udp.amplifier`.',
    todo: 'Nothing.',
  },
  'service.vpn': {
    title: 'VPN gateway',
    severity: 'info',
    sees: 'IKE (IPsec) or OpenVPN.',
    matters: 'A VPN is the way in for those who may, from wherever they are.',
    todo: 'Nothing. Keep it updated: flaws in gateways are used within days.',
  },
  'service.chat': {
    title: 'Chat server',
    severity: 'info',
    sees: 'An XMPP server.',
    matters: 'Chat is meant to be reached by its users and by other chat servers.',
    todo: 'Nothing. Login without encryption is a finding of its own.',
  },
  'service.ssh': {
    title: 'SSH',
    severity: 'medium',
    sees: 'An SSH server.',
    matters:
      'Administrators need it, strangers do not: passwords are guessed here around the clock, and a flaw in the server means the whole machine.',
    todo: 'Allow it from your own addresses or a VPN only, and set `PasswordAuthentication no`.',
  },
});
