import { KNOWN_PORTS, type KnownPort } from '../../model/known-ports.ts';
import type { Level } from '../../model/verdict.ts';
import type { Decision, VerdictRule } from '../rule.ts';
import { isWeb, type Subject } from '../subject.ts';

/** Ports where TLS is what everybody expects, so that TLS around something unknown fits. */
const TLS_PORTS: ReadonlySet<number> = new Set([443, 465, 853, 993, 995, 8448]);

/** First words that are no names, and stand in small letters within a sentence. */
const COMMON_WORDS: ReadonlySet<string> = new Set(
  'it,its,who,strangers,without,a,an,the,they,passwords,old,older,flaws,only,many,fraudsters,whatever,second,open,few,before,badly,with,versions,such,started,several,ransomware,on,neither,backups,whoever,where,services,registries,nodes,moving,modules,media,logs,little,if,everything,endpoints,consoles,configurations,clients,builds,brokers,attackers,anyone,anybody'.split(
    ',',
  ),
);

/** A sentence of the list as the second half of another sentence. */
function continued(sentence: string): string {
  const [word = ''] = sentence.split(' ', 1);
  if (!COMMON_WORDS.has(word.toLowerCase())) return sentence;
  return word.toLowerCase() + sentence.slice(word.length);
}

function decided(known: KnownPort, basis: string, level: 'restrict' | 'close'): Decision {
  const place = `port ${known.port} is usually ${known.title}`;
  const todo = {
    close:
      'Find out which program listens there and close the port, or let it listen on the inner network only.',
    restrict: 'Put it behind a VPN or an address list, or close it if nobody needs it.',
  };
  return {
    rule: `port.${level}`,
    level,
    severity: known.severity,
    why: `${basis}, and ${place}: ${continued(known.risk)}`,
    todo: todo[level],
    evidence: [`port: ${known.transport}/${known.port} ${known.name}`],
  };
}

const BASIS = {
  'not-asked': 'Nobody asked what answers',
  silent: 'It accepts connections but stays silent',
  unrecognised: 'What answers was not recognised',
  known: 'The service fits the number',
} as const;

function isRefused(level: Level): level is 'restrict' | 'close' {
  return level === 'restrict' || level === 'close';
}

function basisOf({ knowledge, protocol }: Subject): string {
  return protocol === 'tls' ? 'TLS around something not recognised answers' : BASIS[knowledge];
}

/** Whether anything seen speaks against the service that the number stands for. */
function fits({ knowledge, protocol, tls, port }: Subject): boolean {
  if (knowledge === 'not-asked' || knowledge === 'silent') return true;
  if (knowledge === 'known' && protocol !== 'tls') return true;
  const bareTls = protocol === 'tls' || (protocol === '' && tls.text('version') !== undefined);
  return bareTls && TLS_PORTS.has(port);
}

function expected(subject: Subject, known: KnownPort): Decision {
  return {
    rule: 'port.expected',
    level: 'expected',
    severity: 'info',
    why: `${basisOf(subject)}, and port ${known.port} is meant for ${known.title}.`,
    todo: '',
    evidence: [`port: ${known.transport}/${known.port} ${known.name}`],
  };
}

/** The entry that speaks for the port: never that of another service than the one identified. */
function entryOf({ knowledge, protocol, known, transport }: Subject): KnownPort | undefined {
  if (knowledge !== 'known' || protocol === 'tls') return known;
  if (known?.name === protocol) return known;
  return KNOWN_PORTS.find((entry) => entry.name === protocol && entry.transport === transport);
}

/** Where the service is not known, its number speaks, and the verdict says so. */
export const portNumber: VerdictRule = {
  ids: ['port.close', 'port.restrict', 'port.expected'],
  decide(subject): Decision | null {
    const known = entryOf(subject);
    if (known === undefined) return null;
    if (isRefused(known.level)) return decided(known, basisOf(subject), known.level);
    return fits(subject) ? expected(subject, known) : null;
  },
};

/** A web server where a web application that is no web site usually runs. */
export const webPort: VerdictRule = {
  ids: ['port.close', 'port.restrict'],
  decide(subject): Decision | null {
    const { known } = subject;
    if (!isWeb(subject) || known?.http !== true || known.group === 'web') return null;
    if (!isRefused(known.level)) return null;
    return decided(known, 'A web server answers', known.level);
  },
};
