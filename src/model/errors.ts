/** What an error does to the exit code: `usage` 2, `partial` 3. */
export type Effect = 'usage' | 'partial';

interface Entry {
  /** `{name}` stands for a value given to `fail`. Names the value received. */
  readonly message: string;
  /** What the reader can do about it, one sentence. */
  readonly todo: string;
  readonly effect: Effect;
}

/**
 * Every expected failure. Codes are never reused or renamed: people search for them.
 * docs/errors.md is generated from this table.
 */
export const ERRORS = {
  TARGET_SYNTAX: {
    message:
      '{where}: "{value}" is not an IP address, CIDR block, range, host name, @file or - ({problem})',
    todo: 'Write 192.0.2.7, 192.0.2.0/24, 192.0.2.1-50, example.org, @hosts.txt or - for standard input.',
    effect: 'partial',
  },
  TARGET_TOO_LARGE: {
    message: '{where}: "{value}" holds more than 2^32 addresses, which no scan can visit',
    todo: 'Name smaller blocks (an IPv6 /96 or longer), addresses or host names.',
    effect: 'partial',
  },
  TARGET_NOT_A_HOST: {
    message: '{where}: "{value}" cannot be scanned ({problem})',
    todo: 'Name the addresses of the machines you mean.',
    effect: 'partial',
  },
  TARGET_FILE: {
    message: '{where}: cannot read targets from "{value}" ({problem})',
    todo: 'Check that the file exists and can be read; paths in a file are relative to that file.',
    effect: 'partial',
  },
  EXCLUDE_SYNTAX: {
    message:
      '{where} in the exclusions: "{value}" is not an IP address, CIDR block, range, host name or @file ({problem})',
    todo: 'Correct it; nothing was scanned, because what you want left out is not clear.',
    effect: 'usage',
  },
  EXCLUDE_FILE: {
    message: '{where} in the exclusions: cannot read "{value}" ({problem})',
    todo: 'Check that the file exists and can be read; nothing was scanned.',
    effect: 'usage',
  },
  EXCLUDE_NAME: {
    message: '{where} in the exclusions: the addresses of "{value}" cannot be found ({problem})',
    todo: 'Write the address instead of the name, or take the name out; nothing was scanned.',
    effect: 'usage',
  },
  NAME_NOT_FOUND: {
    message: '{where}: the name "{value}" does not exist',
    todo: 'Check the spelling; the DNS has no such name.',
    effect: 'partial',
  },
  NAME_NO_ADDRESS: {
    message: '{where}: the name "{value}" exists but has no address (no A or AAAA record)',
    todo: 'Name a host of that domain, for example the one its web site runs on.',
    effect: 'partial',
  },
  NAME_TIMEOUT: {
    message: '{where}: no name server answered for "{value}" in time',
    todo: 'Check the network and the name servers of this machine, then scan this name again.',
    effect: 'partial',
  },
  NAME_SERVER_FAILURE: {
    message: '{where}: the name servers could not say what "{value}" is ({problem})',
    todo: 'The fault is with the name servers of this machine or of that domain; scan this name again later.',
    effect: 'partial',
  },
  PORT_SYNTAX: {
    message: '"{value}" in the port list is not a port, range or service name ({problem})',
    todo: 'Write numbers, ranges and names: -p 22,80,8000-8100,postgresql,U:53, or -p - for all ports.',
    effect: 'usage',
  },
  PORT_TOP: {
    message: 'the {transport} port list cannot give its top {value}: it has {most} ports',
    todo: 'Ask for a whole number from 1 to the size of the list, or name ports with -p 1-1000.',
    effect: 'usage',
  },
  HOST_SHUNS: {
    message:
      '{address} stopped answering this machine during the scan: ports that show as silent or unverified may be open',
    todo: 'Wait until the block is over, then scan it more slowly (--per-host 5) or from another address.',
    effect: 'partial',
  },
  PORTS_NOT_ASKED: {
    message: 'for {count} our own side failed before anything was sent ({reason})',
    todo: 'Nothing is known of them: look at routes, IPv6 (--exclude ::/0 leaves it out), the own firewall and limits.',
    effect: 'partial',
  },
  PLUGIN_FAULT: {
    message: 'the {protocol} plugin failed on an answer it should have read: {problem}',
    todo: 'The port is still reported; please report this fault with the raw bytes of the port.',
    effect: 'partial',
  },
  OUTPUT_FILE: {
    message: 'cannot write the report to "{value}" ({problem})',
    todo: 'Choose a file in a folder that exists and that this user may write.',
    effect: 'usage',
  },
  OUTPUT_FORMAT: {
    message: '-o "{value}": no format has this ending (there are {endings})',
    todo: 'Give the file one of these endings.',
    effect: 'usage',
  },
  OUTPUT_FORMAT_NAME: {
    message: '--format "{value}" is not a format',
    todo: 'postern scan --help lists the formats.',
    effect: 'usage',
  },
  POLICY_FILE: {
    message: 'cannot read the policy "{value}" ({problem})',
    todo: 'Check that the file exists and can be read.',
    effect: 'usage',
  },
  EDGES_FILE: {
    message: 'cannot read the edge lists "{value}" ({problem})',
    todo: 'Check that the file of --edges exists and can be read.',
    effect: 'usage',
  },
  EDGES_INVALID: {
    message: 'the edge lists "{value}" have {count}:\n{faults}',
    todo: 'Correct the lines named; docs/edges.md describes the format.',
    effect: 'usage',
  },
  POLICY_INVALID: {
    message: 'the policy "{value}" has {count}:\n{faults}',
    todo: 'Correct the lines named; docs/policy.md describes every key.',
    effect: 'usage',
  },
  RESUME_FILE: {
    message: 'cannot use "{value}" to resume ({problem})',
    todo: 'Name a file that --resume wrote, or one that is not there yet to begin; nothing was scanned.',
    effect: 'usage',
  },
  RESUME_WRITE: {
    message: 'cannot go on writing to "{value}" ({problem})',
    todo: 'The scan goes on and its report is whole; what came after this cannot be resumed.',
    effect: 'partial',
  },
  RESUME_DAMAGED: {
    message: '"{value}" is damaged: {problem}',
    todo: 'Restore the file from a copy, or scan again with another file; nothing was scanned.',
    effect: 'usage',
  },
  RESUME_BUSY: {
    message: '"{value}" is in use by {holder}',
    todo: 'Wait until that scan is over. If no such process runs any more, remove the file of that name with .lock behind it.',
    effect: 'usage',
  },
  RESUME_PLAN: {
    message: 'the scan in "{value}" has another plan: {differences}',
    todo: 'Resume with --resume alone, which takes the plan from the file, or begin another file; nothing was scanned.',
    effect: 'usage',
  },
  RESUME_GONE: {
    message:
      '{address} no longer belongs to the targets (its name has other addresses now): what was found is told, {ports} of its ports were not asked',
    todo: 'Scan the address itself if you still want to know.',
    effect: 'partial',
  },
  NO_TARGETS: {
    message: 'nothing was scanned: the targets hold no address ({value})',
    todo: 'Name at least one address, network or host that is not excluded.',
    effect: 'partial',
  },
  ENGINE_UNAVAILABLE: {
    message: 'engine "{engine}" cannot run here: {problem}',
    todo: 'Leave --engine out to let Postern choose, or use --engine connect.',
    effect: 'usage',
  },
  FIREWALL_SYNTAX: {
    message: '{origin}, line {line}: this is no {kind} text ({problem})',
    todo: 'Check that the file is whole and of the kind you named; --kind NAME says which kind it is.',
    effect: 'partial',
  },
  FIREWALL_READ: {
    message:
      '{origin} could not be read ({problem}), so what the {kind} rules let through is unknown',
    todo: 'Run postern as root, or give the rules with --firewall FILE.',
    effect: 'partial',
  },
  NAMESPACE_READ: {
    message: 'the network namespace "{value}" cannot be read ({problem})',
    todo: 'Run postern as root; ip netns list names the namespaces, a process id or a path works too.',
    effect: 'usage',
  },
  REMEDY_IMPOSSIBLE: {
    message: 'cannot {verb} {transport} port {port} in {kind} ({problem})',
    todo: 'Read the reason; name another firewall with --kind, or close the port at its service.',
    effect: 'usage',
  },
  FIREWALL_FILE: {
    message: 'cannot read firewall rules from "{value}" ({problem})',
    todo: 'Name a file or folder that exists and that you may read.',
    effect: 'usage',
  },
  FIREWALL_KIND: {
    message: 'cannot tell which firewall "{value}" is of ({problem})',
    todo: 'Say it: --kind nftables, iptables, ufw, firewalld, windows, aws, pf, opnsense or cisco.',
    effect: 'usage',
  },
  EXPLAIN_FROM: {
    message: '--from "{value}" is no address or CIDR block',
    todo: 'Write an address such as 192.0.2.9 or 2001:db8::9, or a block.',
    effect: 'usage',
  },
  AUDIT_OUTSIDE: {
    message: 'cannot take the look from outside from "{value}" ({problem})',
    todo: 'Give a report of postern scan --format json, or --outside alone.',
    effect: 'usage',
  },
  REMEDY_IN_CHARGE: {
    message: 'which firewall is in charge of this host is not clear ({problem})',
    todo: 'Run it as root, or name the firewall: --kind nftables, iptables, ufw or firewalld.',
    effect: 'usage',
  },
  REMEDY_SOURCE: {
    message: '--from "{value}" is no network, country or device ({problem})',
    todo: 'Write CIDR blocks (10.0.0.0/8,2001:db8::/32), country codes (DE,AT with --geoip FILE) or wireguard.',
    effect: 'usage',
  },
  REMEDY_KEEP: {
    message: '--keep "{value}" is not NETWORK:PORT ({problem})',
    todo: 'Write 10.0.0.0/8:22, [2001:db8::/32]:22 or 10.0.0.0/8:1194/udp.',
    effect: 'usage',
  },
  REMEDY_LOCKOUT: {
    message: 'to {change} would cut off {kept}; {done}',
    todo: 'Leave these sources in with --from, or connect another way first.',
    effect: 'usage',
  },
  REMEDY_STATE: {
    message: 'cannot use the way back in "{value}" ({problem})',
    todo: 'Run it as root, or name a folder that only root may write with --state; nothing was changed.',
    effect: 'usage',
  },
  REMEDY_BUSY: {
    message: 'change {id} is not settled yet, so no other can begin',
    todo: 'Run postern confirm or postern undo with that id first.',
    effect: 'usage',
  },
  REMEDY_APPLY: {
    message: 'to {change} failed at "{step}" ({problem}); {done}',
    todo: 'Read the reason; the commands without --apply can be run one by one.',
    effect: 'partial',
  },
  REMEDY_VERIFY: {
    message: 'to {change} was applied, but {problem}; {done}',
    todo: 'Ask postern explain which rule decides; close the port at its service meanwhile.',
    effect: 'partial',
  },
  REMEDY_PERSIST: {
    message: 'change {id} is in force, but would not outlive a restart ({problem})',
    todo: 'Mend the reason and run postern confirm with that id again.',
    effect: 'partial',
  },
  REMEDY_UNKNOWN: {
    message: 'no change "{id}" is kept in "{folder}"',
    todo: 'postern undo --list shows those that are.',
    effect: 'usage',
  },
  REMEDY_NONE: {
    message: 'no change waits to be confirmed or taken back in "{folder}"',
    todo: 'postern undo --list shows the changes that are kept there; name one.',
    effect: 'usage',
  },
  REMEDY_OVER: {
    message: 'change {id} cannot be confirmed: it was taken back ({reason})',
    todo: 'Apply it again if it is still wanted.',
    effect: 'usage',
  },
  REMEDY_UNDO: {
    message: 'change {id} was not taken back completely ({problem})',
    todo: 'The rules and files as they were before are in its folder (/var/lib/postern/undo/ID, or below --state); where somebody took the rules away already nothing is left to do.',
    effect: 'partial',
  },
  REMEDY_CHANGED: {
    message: '"{path}" was changed by others after change {id}, so it was not put back',
    todo: 'Put it back by hand, or take it back over their change with --force.',
    effect: 'usage',
  },
  REMEDY_VPN: {
    message: 'cannot write the WireGuard configuration ({problem})',
    todo: 'Give what is missing with --endpoint, --vpn-network or --vpn-port; --vpn-output names another folder.',
    effect: 'usage',
  },
  GEOIP_FILE: {
    message: 'cannot use "{value}" as a country database ({problem})',
    todo: 'Give a MaxMind-format country or city database (.mmdb) with --geoip.',
    effect: 'usage',
  },
  GEOIP_COUNTRY: {
    message: '"{value}" has no network of country {country}',
    todo: 'Write two-letter codes of ISO 3166 (DE, AT), or take a newer database.',
    effect: 'usage',
  },
  STORE_OPEN: {
    message: 'cannot open the store "{value}" ({problem})',
    todo: 'Check that the file can be written or the database answers; --data DIR or POSTERN_DATABASE_URL name another, scan --no-save needs none.',
    effect: 'partial',
  },
  STORE_EMPTY: {
    message: 'nothing is stored in "{value}"',
    todo: 'Name the store that is meant with --data DIR or POSTERN_DATABASE_URL, as the server does; the systemd unit keeps its own in /var/lib/postern.',
    effect: 'partial',
  },
  STORE_NEWER: {
    message:
      'the store "{value}" has schema {found}, made by a later Postern; this one knows up to {known}',
    todo: 'Use that version of Postern, or restore a backup of before the upgrade; nothing was changed.',
    effect: 'partial',
  },
  STORE_BUSY: {
    message: 'the store "{value}" was in use by another process for too long ({problem})',
    todo: 'Wait until that process has ended and try again; nothing was changed.',
    effect: 'partial',
  },
  STORE_DAMAGED: {
    message: 'the store "{value}" is damaged or no store ({problem})',
    todo: 'Restore a backup with postern db restore; keep the damaged file until you have.',
    effect: 'partial',
  },
  STORE_INCONSISTENT: {
    message: 'the store "{value}" contradicts itself:\n{problem}',
    todo: 'Make a backup first. A scan of the hosts named counts their ports and findings anew; for the rest restore a backup of before, and report it.',
    effect: 'partial',
  },
  STORE_FULL: {
    message: 'the store "{value}" could not be written ({problem})',
    todo: 'Make room on its disk and check its permissions; nothing was changed.',
    effect: 'partial',
  },
  STORE_GONE: {
    message: 'the store "{value}" no longer answers ({problem})',
    todo: 'Check that the database runs and can be reached, then try again.',
    effect: 'partial',
  },
  HISTORY_PLACE: {
    message: '"{value}" is no HOST or HOST:PORT of a history',
    todo: 'Write an address or name, and a port if you like: 192.0.2.7, 192.0.2.7:443, [2001:db8::1]:22, 192.0.2.7:53/udp.',
    effect: 'usage',
  },
  HISTORY_NONE: {
    message: 'nothing is stored of {value}',
    todo: 'Scan it first (postern scan stores what it finds unless --no-save is given), or name another store with --data DIR.',
    effect: 'partial',
  },
  DIFF_SIDE: {
    message: '"{value}" cannot be compared ({problem})',
    todo: 'Name scan ids, last, previous, dates (2026-01-31) or report files: JSON of Postern or XML of nmap.',
    effect: 'usage',
  },
  IMPORT_FILE: {
    message: 'cannot import "{value}" ({problem})',
    todo: 'Name a file that nmap -oX, masscan -oJ or -oL, naabu -json or zgrab2 wrote, or a JSON report of Postern.',
    effect: 'partial',
  },
  BACKUP_FILE: {
    message: 'cannot use the backup "{value}" ({problem})',
    todo: 'Name a file that postern db backup wrote, or for a new backup one that is not there yet in a folder you may write.',
    effect: 'usage',
  },
  RESTORE_NOT_EMPTY: {
    message: 'the store "{value}" already holds {count}; a backup goes into an empty store only',
    todo: 'Name a new one with --data DIR or another database, or move the old file away first; nothing was changed.',
    effect: 'usage',
  },
  NOTIFY_FILE: {
    message: 'cannot read the alert settings "{value}" ({problem})',
    todo: 'Name the file with --config (of postern up: --notify); docs/alerts.md tells how to write it.',
    effect: 'usage',
  },
  NOTIFY_INVALID: {
    message: 'the alert settings "{value}" have {count}:\n{faults}',
    todo: 'Correct the lines named; docs/alerts.md describes every key.',
    effect: 'usage',
  },
  NOTIFY_CHANNEL: {
    message: 'no channel "{value}" is set up (there are {channels})',
    todo: 'Take one of these names, or add the channel to the settings.',
    effect: 'usage',
  },
  NOTIFY_SECRET: {
    message: 'channel {channel}: cannot use {reference} as "{key}" ({problem})',
    todo: 'Set the environment variable, or correct the file that holds the secret.',
    effect: 'usage',
  },
  NOTIFY_INSIDE: {
    message: 'no message is sent to {peer}: its address {address} is inside',
    todo: 'Name the network under allow: in the alert settings (of a server: the file of postern up --notify) if it is meant to be reached.',
    effect: 'partial',
  },
  NOTIFY_UNREACHABLE: {
    message: '{peer} did not take the message ({problem})',
    todo: 'It may work another time; look at the network and at that service.',
    effect: 'partial',
  },
  NOTIFY_REFUSED: {
    message: '{peer} refused the message ({problem})',
    todo: 'Correct the settings of the channel; another try would be refused too.',
    effect: 'partial',
  },
  NOTIFY_FEED: {
    message: 'cannot write the feed "{value}" ({problem})',
    todo: 'Name a file of its own in a folder that this user may write.',
    effect: 'partial',
  },
  NOTIFY_TENANT: {
    message: 'channel {channel}: "{key}" may not name {what} of the server',
    todo: 'Write the value itself; only the operator of an installation may name files and variables.',
    effect: 'usage',
  },
  NOTIFY_DESTINATION: {
    message: 'channel {channel}: with another {changed} it would send {kept} elsewhere',
    todo: 'Give these secrets anew, in place of ********: nobody sends elsewhere what they cannot read.',
    effect: 'usage',
  },
  SECRET_KEY: {
    message: 'cannot use the key of this installation: {value} ({problem})',
    todo: 'Put back the secret.key that belongs to this store, or set POSTERN_SECRET to its 64 hexadecimal digits.',
    effect: 'partial',
  },
  SCHEDULE_INVALID: {
    message: '{part} of the schedule: "{value}" cannot be used ({problem})',
    todo: 'Correct it; docs/schedules.md shows cron patterns, intervals and blackouts.',
    effect: 'usage',
  },
  TARGET_NOT_GRANTED: {
    message: '"{value}" may not be scanned for this tenant ({problem})',
    todo: 'Prove that the name is yours, or ask an administrator of the installation for a grant of the network.',
    effect: 'usage',
  },
  JOB_LOST: {
    message: 'job {value} was given up after {count} tries (its worker went away each time)',
    todo: 'Look at the log of the server and at the memory of that machine, then run it again.',
    effect: 'partial',
  },
  JOB_FAULT: {
    message: 'job {value} met a fault of our own ({problem})',
    todo: 'Report it with the lines in the log of the server.',
    effect: 'partial',
  },
  API_INVALID: {
    message: '{where}: {problem}',
    todo: 'Correct the request; GET /api/v1/openapi.json describes every operation.',
    effect: 'usage',
  },
  API_SIGN_IN: {
    message: '{value} needs somebody who is signed in ({problem})',
    todo: 'Sign in, or send an API key as "Authorization: Bearer KEY".',
    effect: 'usage',
  },
  API_FORBIDDEN: {
    message: '{value} is not for this {what}',
    todo: 'Ask an administrator of your organisation for the role, or for a key with the scope.',
    effect: 'usage',
  },
  API_NOT_FOUND: {
    message: 'there is no {what} "{value}" here',
    todo: 'Look at the list; it may have been taken away.',
    effect: 'usage',
  },
  API_CONFLICT: {
    message: '{what} "{value}" is there already',
    todo: 'Choose another, or change the one there is.',
    effect: 'usage',
  },
  API_TOO_LARGE: {
    message: 'the body of the request has more than {limit} bytes',
    todo: 'Send it in smaller parts.',
    effect: 'usage',
  },
  API_TOO_MANY: {
    message: 'too many requests: {value}',
    todo: 'Wait as many seconds as Retry-After says.',
    effect: 'usage',
  },
  API_SLOW: {
    message: '{value} was not answered within {seconds} s',
    todo: 'Try again, or ask for less: a shorter page, a shorter time.',
    effect: 'partial',
  },
  SERVE_LISTEN: {
    message: 'cannot serve on {value} ({problem})',
    todo: 'Another program may have the port: name a free one with --listen HOST:PORT, or end that program (postern audit says which it is).',
    effect: 'usage',
  },
  SERVE_OPTION: {
    message: '"{value}" is no value of {option} ({problem})',
    todo: 'Correct it; postern up --help shows examples.',
    effect: 'usage',
  },
  FINDING_NONE: {
    message: 'the store has no finding "{value}", or more than one whose id begins so',
    todo: 'List them with postern findings, and write more of the id.',
    effect: 'usage',
  },
  FINDING_UNTIL: {
    message: 'a finding cannot be accepted until "{value}": it must be within the next {days} days',
    todo: 'Name a date (2026-12-31) or a time (2026-12-31T12:00Z).',
    effect: 'usage',
  },
  AUTH_REFUSED: {
    message: 'not signed in: {problem}',
    todo: 'Check what you typed; a backup code replaces a lost app, a link of an administrator a forgotten password.',
    effect: 'usage',
  },
  AUTH_LINK: {
    message: 'this link cannot be used ({problem})',
    todo: 'Ask an administrator for a new one; while there is no administrator "postern up" prints a new link whenever it starts.',
    effect: 'usage',
  },
  AUTH_RESET: {
    message: 'there is no link to be made for a new password of {value} ({problem})',
    todo: 'Ask who runs the server: "postern user reset" makes one there.',
    effect: 'usage',
  },
  AUTH_LAST_ADMIN: {
    message: '{value} is the only administrator of this organisation',
    todo: 'Make somebody else an administrator first.',
    effect: 'usage',
  },
  AUTH_ORIGIN: {
    message: '{value} was sent by another site ({origin})',
    todo: 'Open Postern at its own address (its public URL); programs send an API key and no cookie.',
    effect: 'usage',
  },
  AUTH_SETTINGS: {
    message: 'cannot use {value} ({problem})',
    todo: 'Correct the setting; docs/users.md tells of each.',
    effect: 'usage',
  },
  AGENT_ENROLMENT: {
    message: 'this enrolment token is of no use ({problem})',
    todo: 'Have an administrator make a new one; each is good for one agent and one day.',
    effect: 'partial',
  },
  AGENT_REVOKED: {
    message: 'the agent "{value}" was revoked',
    todo: 'Nothing of it is taken any more; enrol it anew with a token of an administrator.',
    effect: 'partial',
  },
  AGENT_AUDIT: {
    message: 'the audit cannot be taken ({problem})',
    todo: 'Send the gzipped JSON of postern audit --json, of a version that this server knows.',
    effect: 'partial',
  },
  AGENT_SERVER: {
    message: 'cannot use the server "{value}" ({problem})',
    todo: 'Name it as https://HOST[:PORT]; --ca FILE names the authority of its certificate, --insecure-http allows http:// to a place that is not this machine.',
    effect: 'usage',
  },
  AGENT_UNREACHABLE: {
    message: 'the server {value} did not answer as it should ({problem})',
    todo: 'Look at the network, the address and the log of the server; audits wait in the state folder meanwhile.',
    effect: 'partial',
  },
  AGENT_STATE: {
    message: 'cannot use the state of the agent in "{value}" ({problem})',
    todo: 'Enrol it with postern agent enrol URL TOKEN, or name its folder with --state DIR; it must belong to this user alone.',
    effect: 'usage',
  },
  AGENT_BUSY: {
    message: 'the agent in "{value}" runs already: {holder}',
    todo: 'Stop that one first, or enrol another in a folder of its own with --state DIR. If no such process runs any more, remove agent.lock from the folder.',
    effect: 'usage',
  },
  GRANT_TARGET: {
    message: '"{value}" cannot be granted: {problem}',
    todo: 'Name a host name such as example.org (it stands for all names below it too), an address or a CIDR block.',
    effect: 'usage',
  },
  EXCLUSION_INVALID: {
    message: 'exclusion {index} "{value}" cannot be used: {problem}',
    todo: 'Write an address, a CIDR block, a range or a host name, one an entry; nothing was changed.',
    effect: 'usage',
  },
  QUOTA: {
    message: 'no more than {limit} {what} are allowed here ({used} now, {adding} more asked for)',
    todo: 'Take some away or wait; an administrator of the installation may allow more (PUT /tenants/TENANT/quotas).',
    effect: 'usage',
  },
  API_FAULT: {
    message: 'the server met a fault of its own ({value})',
    todo: 'Look for that number in the log of the server, and report it with the lines around it.',
    effect: 'partial',
  },
} as const satisfies Record<string, Entry>;

export type ErrorCode = keyof typeof ERRORS;

type Placeholders<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;
export type ErrorValues<Code extends ErrorCode> = {
  readonly [Name in Placeholders<(typeof ERRORS)[Code]['message']>]: string | number;
};

/** An expected failure: `code` is stable, `message` names the value received, `todo` says what to do. */
export class PosternError extends Error {
  override readonly name = 'PosternError';
  readonly code: ErrorCode;
  readonly todo: string;
  readonly effect: Effect;

  constructor(code: ErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.todo = ERRORS[code].todo;
    this.effect = ERRORS[code].effect;
  }
}

/** Builds (does not throw) the error `code` with its placeholders filled. */
export function problem<Code extends ErrorCode>(
  code: Code,
  values: ErrorValues<Code>,
  cause?: unknown,
): PosternError {
  const given: Readonly<Record<string, string | number>> = values;
  const message = ERRORS[code].message.replace(/\{(\w+)\}/g, (_, name: string) =>
    String(given[name]),
  );
  return new PosternError(code, message, cause);
}

/** Text of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
