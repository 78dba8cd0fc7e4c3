import { family } from './text.ts';

/** What strangers may do once they are connected. */
export const accessRules = family({
  'access.no-authentication': {
    title: 'Serves anybody who connects',
    severity: 'critical',
    sees: 'The service answered our harmless request without asking who we are: `details.authRequired` is false, or a VNC server offers the security type None. Services that are public by design (web, mail, DNS, anonymous FTP, Git) have rules of their own. Where only figures or a library are open (exporters, Netdata, Grafana, media servers), the severity is medium or high.',
    matters:
      'Nothing stands between a stranger and the data, or, with Docker, Kubernetes, debuggers and consoles, the machine itself.',
    todo: 'Close the port to everybody but the machines that need it, then switch on authentication; the verdict names the setting of the product.',
  },
  'login.clear-text': {
    title: 'Takes passwords over a connection without encryption',
    severity: 'high',
    sees: 'The service takes a login without TLS: `details.clearTextLogin`, HTTP Basic or a login form over plain HTTP. Where TLS is offered beside it, or the service should not be reachable at all, the severity is medium.',
    matters:
      'Everybody on the way reads the password: the same Wi-Fi, the provider, a hacked router.',
    todo: 'Demand TLS before the login and refuse it otherwise.',
  },
  'ftp.anonymous': {
    title: 'FTP without a password',
    severity: 'medium',
    sees: 'An FTP server that lets anybody in.',
    matters:
      'Files are open to everybody, and a writable folder becomes a store for other people’s files.',
    todo: 'Switch anonymous login off (vsftpd: `anonymous_enable=NO`), or make sure that only public files lie there and nothing can be written.',
  },
  'ldap.anonymous-bind': {
    title: 'Directory answers without a password',
    severity: 'high',
    sees: 'An LDAP server that accepted an anonymous bind and showed more than its root entry.',
    matters:
      'Strangers list people, accounts and machines: the first step of every targeted attack.',
    todo: 'Refuse anonymous binds (OpenLDAP: `olcDisallows: bind_anon` and `olcRequires: authc`).',
  },
  'rsync.open-modules': {
    title: 'rsync modules are listed to anybody',
    severity: 'high',
    sees: 'An rsync daemon that lists its modules, or serves one, without a password.',
    matters:
      'Modules are whole directory trees, often backups; a writable one lets strangers plant files.',
    todo: 'Set `auth users`, `secrets file` and `hosts allow` for each module, and `list = no`; or use rsync over SSH.',
  },
  'udp.amplifier': {
    title: 'UDP service that multiplies traffic',
    severity: 'medium',
    sees: 'A UDP answer at least 3 times as large as our question, in bytes of UDP payload (the bandwidth amplification factor of US-CERT TA14-017A). Low under 10 times, medium under 50, high from there.',
    matters:
      'The sender of a UDP question can be forged: attackers ask in the name of their victim, and the answers, many times larger, flood it. The more the factor, the fewer bytes they need.',
    todo: 'Close the port to strangers, or limit how much is answered and to whom (response rate limiting, an address list, a version of the protocol that checks the sender first).',
  },
  'dns.open-recursion': {
    title: 'Name server resolves for strangers',
    severity: 'medium',
    sees: 'A DNS server at a public address that looks up foreign names for us (`details.recursion`). A look over loopback does not fire it.',
    matters:
      'Open resolvers multiply attack traffic onto others, and their answers can be poisoned.',
    todo: 'Allow recursion for your own networks only (BIND: `allow-recursion { localnets; };`).',
  },
});
