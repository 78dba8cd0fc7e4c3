import { type Behaviour, behaviourOf } from './behaviour.ts';
import type { Glance } from './glance.ts';
import { fits, type Template, templateOf, withoutChanges, withPortMarked } from './sameness.ts';

/** A port, and what a quick look showed there. */
export interface Looked {
  readonly port: number;
  readonly glance: Glance;
}

/** What several canaries have in common. */
export interface Likeness {
  readonly behaviour: Behaviour | 'drips';
  /** How many canaries. */
  readonly seen: number;
  /** The TCP options that their stacks agreed to; empty where the kernel does not tell. */
  readonly stacks: ReadonlySet<string>;
  /** What they say; present when they speak. */
  readonly template?: Template;
  /** The most bytes that one of them sent at once, on average; present when they drip. */
  readonly drop?: number;
  /** The first words of one of them, readable; present when they speak. */
  readonly words?: string;
}

/** How a host that answers everywhere answers. */
export interface Signature {
  /** How many canaries were asked. */
  readonly asked: number;
  /** Those that completed a handshake. */
  readonly open: readonly number[];
  readonly likenesses: readonly Likeness[];
  /** Canaries that speak, and like no other: what speaks on this host proves nothing. */
  readonly strangers: number;
}

/** Canaries that must behave alike before anything is concluded from it. */
const ALIKE = 3;
const WORDS = 60;
/** A tarpit's words are of one size, more or less. */
const MOST_DROPS = 4;

/** Learns from canaries; \`dripping\` are patient looks at some, in which they spoke without end. */
export function signatureOf(
  canaries: readonly Looked[],
  dripping: readonly Glance[] = [],
): Signature {
  const open = canaries.filter(({ glance }) => glance.handshake === 'completed');
  const drop = Math.max(0, ...dripping.map(dropOf));
  const likenesses =
    dripping.length > 0 ? [{ ...likenessOf('drips', open), drop }] : groupsOf(open);
  const alike = likenesses.filter(({ seen }) => seen >= ALIKE);
  const speaking = open.filter(({ glance }) => behaviourOf(glance) === 'speaks');
  const explained = alike
    .filter(({ behaviour }) => behaviour === 'speaks' || behaviour === 'drips')
    .reduce((sum, { seen }) => sum + seen, 0);
  return {
    asked: canaries.length,
    open: open.map(({ port }) => port),
    likenesses: alike,
    strangers: Math.max(0, speaking.length - explained),
  };
}

function groupsOf(open: readonly Looked[]): Likeness[] {
  const behaviours = new Set(open.map(({ glance }) => behaviourOf(glance)));
  return [...behaviours].flatMap((behaviour) => {
    const members = open.filter(({ glance }) => behaviourOf(glance) === behaviour);
    return behaviour === 'speaks' ? speakersOf(members) : [likenessOf(behaviour, members)];
  });
}

/** Those who say the same: all of them, or each group with words of its own. */
function speakersOf(members: readonly Looked[]): Likeness[] {
  const whole = speakerOf(members);
  if (whole !== null) return [whole];
  const groups: Looked[][] = [];
  for (const member of members) {
    const group = groups.find((known) => speakerOf([...known, member]) !== null);
    if (group === undefined) groups.push([member]);
    else group.push(member);
  }
  return groups.flatMap((group) => speakerOf(group) ?? []);
}

function speakerOf(members: readonly Looked[]): Likeness | null {
  const template = templateOf(members.map(({ port, glance }) => withPortMarked(glance.said, port)));
  const [first] = members;
  if (template === null || first === undefined) return null;
  return { ...likenessOf('speaks', members), template, words: readable(first.glance.said) };
}

function likenessOf(behaviour: Likeness['behaviour'], members: readonly Looked[]): Likeness {
  const stacks = new Set(members.flatMap(({ glance }) => glance.stack ?? []));
  return { behaviour, seen: members.length, stacks };
}

function readable(said: Uint8Array): string {
  const text = Array.from(said.subarray(0, WORDS), (byte) =>
    byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ' ',
  );
  return text.join('').replace(/ +/g, ' ').trim();
}

/** Whether a port did what these canaries did. `recognises` says whether words are a protocol's. */
export function isLike(
  { port, glance }: Looked,
  likeness: Likeness,
  recognises: (said: Uint8Array) => boolean,
): boolean {
  if (!sameStack(glance, likeness)) return false;
  const behaviour = behaviourOf(glance);
  if (likeness.behaviour === 'drips') {
    // a quick look meets a tarpit before its first word, or after a few that nobody knows
    if (behaviour !== 'speaks') return behaviour === 'mute';
    return dropOf(glance) <= MOST_DROPS * (likeness.drop ?? 0) && !recognises(glance.said);
  }
  if (behaviour !== likeness.behaviour) return false;
  if (behaviour === 'mute') return glance.asked;
  const { template } = likeness;
  return template === undefined || fits(withoutChanges(glance.said), port, template);
}

/** Bytes at a time. */
function dropOf({ said, arrivals }: Glance): number {
  return arrivals.length === 0 ? 0 : said.length / arrivals.length;
}

function sameStack({ stack }: Glance, { stacks }: Likeness): boolean {
  return stack === undefined || stacks.size === 0 || stacks.has(stack);
}
