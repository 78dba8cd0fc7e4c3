import type { Family } from '../../layer.ts';
import type { Tuple } from './tuple.ts';

const NEW = '-m conntrack --ctstate NEW';
const LOG_LIMIT = '-m limit --limit 3/min --limit-burst 10';

/** `ufw` or `ufw6`: how the chains of a family begin. */
export function prefixOf(family: Family): string {
  return family === 4 ? 'ufw' : 'ufw6';
}

/** The lines for iptables-restore that ufw writes below a tuple. */
export function linesOf(tuple: Tuple, family: Family): string[] {
  return protocolsOf(tuple).flatMap((protocol) => protocolLines(tuple, protocol, family));
}

/** A port of any protocol is one of TCP and one of UDP. */
function protocolsOf({ protocol, port, sourcePort }: Tuple): string[] {
  const hasPort = port !== 'any' || sourcePort !== 'any';
  return protocol === 'any' && hasPort ? ['tcp', 'udp'] : [protocol];
}

function protocolLines(tuple: Tuple, protocol: string, family: Family): string[] {
  const prefix = prefixOf(family);
  const suffix = suffixOf(tuple);
  const match = matchOf(tuple, protocol);
  const words = (...parts: readonly string[]) => parts.filter((part) => part !== '').join(' ');
  const comment = commentOf(tuple);
  const rule = (end: string) => words(`-A ${prefix}-user-${suffix}`, match, end, comment);
  const logged = (end: string) => words(`-A ${prefix}-user-logging-${suffix}`, match, end, comment);
  const isNew = tuple.log === 'log' ? NEW : '';
  const log = [
    logged(words(isNew, LOG_LIMIT, `-j LOG --log-prefix "[UFW ${logWord(tuple)}] "`)),
    logged('-j RETURN'),
    rule(`-j ${prefix}-user-logging-${suffix}`),
  ];
  return [...(tuple.log === '' ? [] : log), ...endsOf(tuple, protocol, prefix).map(rule)];
}

function suffixOf({ route, direction }: Tuple): string {
  if (route) return 'forward';
  return direction === 'out' ? 'output' : 'input';
}

function logWord({ action }: Tuple): string {
  if (action === 'allow') return 'ALLOW';
  return action === 'limit' ? 'LIMIT' : 'BLOCK';
}

function endsOf({ action }: Tuple, protocol: string, prefix: string): string[] {
  switch (action) {
    case 'allow':
      return ['-j ACCEPT'];
    case 'deny':
      return ['-j DROP'];
    case 'reject':
      return [protocol === 'tcp' ? '-j REJECT --reject-with tcp-reset' : '-j REJECT'];
    default:
      return [
        `${NEW} -m recent --set`,
        `${NEW} -m recent --update --seconds 30 --hitcount 6 -j ${prefix}-user-limit`,
        `-j ${prefix}-user-limit-accept`,
      ];
  }
}

function matchOf(tuple: Tuple, protocol: string): string {
  const { inDevice, outDevice, port, sourcePort, destination, source } = tuple;
  const isList = [port, sourcePort].some((text) => /[,:]/.test(text));
  const ports = (option: string, text: string) => (text === 'any' ? '' : `--${option} ${text}`);
  const lists = [ports('dports', port), ports('sports', sourcePort)];
  return [
    inDevice === '' ? '' : `-i ${inDevice}`,
    outDevice === '' ? '' : `-o ${outDevice}`,
    protocol === 'any' ? '' : `-p ${protocol}`,
    ...(isList ? lists.filter(Boolean).map((list) => `-m multiport ${list}`) : []),
    isAnywhere(destination) ? '' : `-d ${destination}`,
    isList ? '' : ports('dport', port),
    isAnywhere(source) ? '' : `-s ${source}`,
    isList ? '' : ports('sport', sourcePort),
  ]
    .filter((part) => part !== '')
    .join(' ');
}

function isAnywhere(address: string): boolean {
  return address === '0.0.0.0/0' || address === '::/0';
}

function commentOf({ application, sourceApplication }: Tuple): string {
  const names = [
    ...(application === '' ? [] : [`dapp_${application}`]),
    ...(sourceApplication === '' ? [] : [`sapp_${sourceApplication}`]),
  ];
  const text = names.join(',').replaceAll(' ', '%20');
  return text === '' ? '' : `-m comment --comment '${text}'`;
}
