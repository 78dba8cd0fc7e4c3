/** A rule as ufw keeps it in a `### tuple ###` line of user.rules and user6.rules. */
export interface Tuple {
  readonly action: 'allow' | 'deny' | 'reject' | 'limit';
  /** Of packets that are passed on (`ufw route`). */
  readonly route: boolean;
  readonly log: '' | 'log' | 'log-all';
  /** `any`, `tcp`, `udp`, `esp` … */
  readonly protocol: string;
  /** `any`, `22`, `80,443`, `1000:2000` */
  readonly port: string;
  readonly destination: string;
  readonly sourcePort: string;
  readonly source: string;
  /** Names of application profiles that the ports are from; empty for none. */
  readonly application: string;
  readonly sourceApplication: string;
  readonly direction: 'in' | 'out';
  readonly inDevice: string;
  readonly outDevice: string;
  readonly comment: string;
}

const MARK = /^### tuple ###\s*/;
const COMMENT = 'comment=';
const ACTION = /^(route:)?(allow|deny|reject|limit)(?:_(log|log-all))?$/;

export function isTupleLine(line: string): boolean {
  return MARK.test(line);
}

/**
 * Reads a line `### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in comment=6869`: six fields, two
 * more for application names, one more for direction and devices, which old files lack. Undefined for
 * what is none, which ufw would leave out with a warning.
 */
export function readTuple(line: string): Tuple | undefined {
  const words = line.replace(MARK, '').trim().split(/\s+/);
  const hex = words.at(-1)?.startsWith(COMMENT) ? (words.pop() ?? '').slice(COMMENT.length) : '';
  const [action = '', protocol = '', port = '', destination = '', sourcePort = '', source = ''] =
    words;
  const [, route, verb, log = ''] = ACTION.exec(action) ?? [];
  const comment = textOfHex(hex);
  const side = sideOf(words.length % 2 === 1 ? (words.at(-1) ?? '') : 'in');
  const isWhole = words.length >= 6 && words.length <= 9;
  if (!isWhole || verb === undefined || side === undefined || comment === undefined) {
    return undefined;
  }
  const [application, sourceApplication] = words.length >= 8 ? words.slice(6, 8) : [];
  return {
    action: verb as Tuple['action'],
    route: route !== undefined,
    log: log as Tuple['log'],
    protocol,
    port,
    destination,
    sourcePort,
    source,
    application: applicationOf(application),
    sourceApplication: applicationOf(sourceApplication),
    ...side,
    comment,
  };
}

/** The line that ufw writes for it. */
export function tupleLine(tuple: Tuple): string {
  const { action, route, log, protocol, port, destination, sourcePort, source, comment } = tuple;
  const verb = `${route ? 'route:' : ''}${action}${log === '' ? '' : `_${log}`}`;
  const names = [tuple.application, tuple.sourceApplication];
  const applications = names.some((name) => name !== '')
    ? names.map((name) => (name === '' ? '-' : name.replaceAll(' ', '%20')))
    : [];
  const fields = [verb, protocol, port, destination, sourcePort, source, ...applications];
  const end = comment === '' ? '' : ` comment=${hexOfText(comment)}`;
  return `### tuple ### ${fields.join(' ')} ${sideText(tuple)}${end}`;
}

function applicationOf(word: string | undefined): string {
  return word === undefined || word === '-' ? '' : word.replaceAll('%20', ' ');
}

type Side = Pick<Tuple, 'direction' | 'inDevice' | 'outDevice'>;

/** `in`, `out`, `in_eth0`, `out_eth0`, `in_eth0!out_eth1` */
function sideOf(word: string): Side | undefined {
  const pattern = /^(?:(in|out)|in_([^!\s]+)!out_([^!\s]+)|(in|out)_([^!\s]+))$/;
  const match = pattern.exec(word);
  if (match === null) return undefined;
  const [, bare, both, out, one, device = ''] = match;
  if (both !== undefined) return { direction: 'in', inDevice: both, outDevice: out ?? '' };
  const direction = (bare ?? one) as Side['direction'];
  return {
    direction,
    inDevice: direction === 'in' ? device : '',
    outDevice: direction === 'out' ? device : '',
  };
}

function sideText({ direction, inDevice, outDevice }: Side): string {
  if (inDevice !== '' && outDevice !== '') return `in_${inDevice}!out_${outDevice}`;
  const device = inDevice || outDevice;
  return device === '' ? direction : `${direction}_${device}`;
}

function textOfHex(hex: string): string | undefined {
  if (!/^(?:[\da-f]{2})*$/i.test(hex)) return undefined;
  const bytes = (hex.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
  return new TextDecoder().decode(new Uint8Array(bytes));
}

function hexOfText(text: string): string {
  const bytes = [...new TextEncoder().encode(text)];
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The arguments of `ufw` that make this rule (ufw(8)); `ufw delete` before them takes it away. */
export function commandWords(tuple: Tuple): string[] {
  const { route, action, direction, inDevice, outDevice, log, protocol } = tuple;
  const both = inDevice !== '' && outDevice !== '';
  const sides = both
    ? ['in', 'on', inDevice, 'out', 'on', outDevice]
    : [
        ...(route && inDevice + outDevice === '' ? [] : [direction]),
        ...(inDevice + outDevice === '' ? [] : ['on', inDevice || outDevice]),
      ];
  // A profile says which protocol it is for.
  const named = tuple.application !== '' || tuple.sourceApplication !== '';
  return [
    ...(route ? ['route'] : []),
    action,
    ...sides,
    ...(log === '' ? [] : [log]),
    ...(protocol === 'any' || named ? [] : ['proto', protocol]),
    'from',
    tuple.source,
    ...portWords(tuple.sourcePort, tuple.sourceApplication),
    'to',
    tuple.destination,
    ...portWords(tuple.port, tuple.application),
  ];
}

function portWords(port: string, application: string): string[] {
  if (application !== '') return ['app', application];
  return port === 'any' ? [] : ['port', port];
}
