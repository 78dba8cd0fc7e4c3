import { family } from './text.ts';

/** What the certificate of a port showed. */
export const certificateRules = family({
  'certificate.expired': {
    title: 'Certificate expired',
    severity: 'high',
    sees: 'The end of validity is past. High where people’s programs check it (web, mailboxes), medium elsewhere.',
    matters:
      'Browsers and mail programs refuse the service, or people learn to click warnings away.',
    todo: 'Renew it, and let an ACME client such as certbot renew it from now on.',
  },
  'certificate.expires-soon': {
    title: 'Certificate expires within 14 days',
    severity: 'medium',
    sees: 'Fewer than 14 days of validity are left. Medium for web and mailboxes, low elsewhere.',
    matters: 'Automatic renewal runs 30 days ahead, so it seems not to work.',
    todo: 'Find out why it was not renewed (`certbot renew --dry-run`).',
  },
  'certificate.not-yet-valid': {
    title: 'Certificate not yet valid',
    severity: 'high',
    sees: 'The start of validity lies in the future. High for web and mailboxes, medium elsewhere.',
    matters: 'Programs refuse the service; the clock that issued it is probably wrong.',
    todo: 'Check the clock of the server and issue the certificate anew.',
  },
  'certificate.self-signed': {
    title: 'Self-signed certificate',
    severity: 'medium',
    sees: 'The certificate is signed with its own key. Medium for web and mailboxes at public addresses, low elsewhere.',
    matters: 'Programs cannot tell it from the certificate of somebody in between.',
    todo: 'Get one from a public authority (Let’s Encrypt is free), or pin your own authority in every program that connects.',
  },
  'certificate.name-mismatch': {
    title: 'Certificate for another name',
    severity: 'medium',
    sees: 'The host was named in the scan and the certificate does not cover the name. Medium for web and mailboxes, low elsewhere.',
    matters: 'Browsers and mail programs refuse the service under this name.',
    todo: 'Issue a certificate that lists this name, or take the name’s record out of DNS.',
  },
  'certificate.weak-key': {
    title: 'Weak key in the certificate',
    severity: 'medium',
    sees: 'An RSA or DSA key under 2048 bits or an elliptic curve under 224; under 1024 bits of RSA the severity is high.',
    matters: 'Such keys can be computed by others, who then pass for the server.',
    todo: 'Issue a certificate with an RSA key of 2048 bits or more, or with P-256.',
  },
});
