import type { Phantom, PhantomKind } from '../../model/scan.ts';
import { type Behaviour, behaviourOf } from './behaviour.ts';
import type { Glance } from './glance.ts';
import { isLike, type Likeness, type Signature } from './signature.ts';

/** Nothing at all, bytes that no protocol knows, or a protocol. */
export type Heard = 'nothing' | 'bytes' | 'protocol';

/** All that is known of an open port when it is decided what it is. */
export interface Facts {
  readonly port: number;
  /** Null where no quick look was taken. */
  readonly glance: Glance | null;
  /** What identification got out of it; `nothing` also where it was not tried. */
  readonly heard: Heard;
  /** How the host's canaries answer; null where they are closed or nobody asked them. */
  readonly signature: Signature | null;
  /** Whether a canary gave the same service when it was asked the same; false also where it was not. */
  readonly canarySaysSo?: boolean;
}

export type Decision =
  | { readonly standing: 'verified' }
  | { readonly standing: 'unverified'; readonly doubts: readonly string[] }
  | { readonly standing: 'phantom'; readonly phantom: Phantom };

const VERIFIED: Decision = { standing: 'verified' };
const NO_DOUBTS: Decision = { standing: 'unverified', doubts: [] };

function unverified(...doubts: readonly string[]): Decision {
  return { standing: 'unverified', doubts };
}

const KINDS: Readonly<Record<Likeness['behaviour'], PhantomKind>> = {
  'zero-window': 'zero-window',
  'never-acknowledges': 'never-acknowledges',
  resets: 'reset-after-handshake',
  'resets-when-asked': 'reset-after-handshake',
  closes: 'answers-everywhere',
  'closes-when-asked': 'answers-everywhere',
  mute: 'answers-everywhere',
  speaks: 'same-answer-everywhere',
  drips: 'tarpit',
};

/**
 * How sure a likeness to all canaries makes it. No service lives with a window of nothing or without
 * acknowledging; a filter on our address (tcpwrappers) can reset or close, and a service that waits
 * for its own protocol is as mute as a middlebox.
 */
const CONFIDENCE: Readonly<Record<Likeness['behaviour'], number>> = {
  'zero-window': 0.98,
  'never-acknowledges': 0.95,
  resets: 0.9,
  'resets-when-asked': 0.9,
  closes: 0.85,
  'closes-when-asked': 0.85,
  mute: 0.8,
  speaks: 0.95,
  drips: 0.95,
};

const DOES: Readonly<Record<Behaviour, string>> = {
  'zero-window': 'Its window stays at 0 bytes, so that nothing can be sent to it.',
  'never-acknowledges': 'It never acknowledges what is sent to it.',
  resets: 'It tears the connection down (RST) right after the handshake.',
  'resets-when-asked': 'It tears the connection down (RST) at the first word.',
  closes: 'It ends the connection right after the handshake.',
  'closes-when-asked': 'It ends the connection at the first word, without an answer.',
  mute: 'It takes what is sent and says nothing.',
  speaks: 'It speaks.',
};

function whatItDoes({ behaviour, words }: Likeness): string {
  if (behaviour === 'drips') {
    return 'It sends words without end and without being asked, and none that a protocol knows.';
  }
  if (behaviour !== 'speaks') return DOES[behaviour];
  return `It says the same as they do, but for port numbers, times and random tokens: "${words ?? ''}".`;
}

function stackSentence({ stacks }: Likeness): readonly string[] {
  const [options] = stacks;
  if (options === undefined || stacks.size > 1) return [];
  return [`One TCP stack answers for all: it agrees to the same options (${options}).`];
}

function canarySentence({ asked, open }: Signature, seen: number): string {
  const some = open.slice(0, 3).join(', ');
  return `${open.length} of ${asked} random high ports (${some}, …), where nobody expects a service, complete handshakes too, and ${seen} of them do the same.`;
}

/** The phantom that ports like these canaries are. One object per likeness: 65,000 ports share it. */
const told = new WeakMap<Likeness, Phantom>();

function phantomOf(likeness: Likeness, signature: Signature): Phantom {
  const known = told.get(likeness);
  if (known !== undefined) return known;
  const share = likeness.seen / Math.max(1, signature.asked);
  const phantom: Phantom = {
    kind: KINDS[likeness.behaviour],
    confidence: Math.round(CONFIDENCE[likeness.behaviour] * (0.6 + 0.4 * share) * 100) / 100,
    evidence: [
      canarySentence(signature, likeness.seen),
      whatItDoes(likeness),
      ...stackSentence(likeness),
    ],
  };
  told.set(likeness, phantom);
  return phantom;
}

const GONE: Readonly<Record<Exclude<Glance['handshake'], 'completed'>, string>> = {
  refused: 'It completed a handshake before and refuses now.',
  silent: 'It completed a handshake before and does not answer any more.',
  unreachable: 'It completed a handshake before and cannot be reached now.',
  local: 'It could not be looked at again: our own side ran short of sockets.',
};

/** Without canaries that answer, no look of a single port proves that there is no service. */
function decideAlone({ glance, heard }: Facts): Decision {
  if (heard !== 'nothing') return VERIFIED;
  if (glance === null) return NO_DOUBTS;
  if (glance.handshake !== 'completed') return unverified(GONE[glance.handshake]);
  const behaviour = behaviourOf(glance);
  return behaviour === 'speaks' || behaviour === 'mute' ? NO_DOUBTS : unverified(DOES[behaviour]);
}

function everywhere({ asked, open }: Signature): string {
  return `${open.length} of ${asked} random high ports of this host complete handshakes too`;
}

/** Whether identification has got more out of a port than its canaries ever gave. */
function saysMore(heard: Heard, { behaviour }: Likeness): boolean {
  if (behaviour === 'speaks') return false;
  return heard === 'protocol' || (heard === 'bytes' && behaviour !== 'drips');
}

/**
 * What an open port is. Pure. Only a likeness to several canaries makes a phantom: never a number of
 * open ports, and never the behaviour of one port alone.
 */
export function decide(facts: Facts, recognises: (said: Uint8Array) => boolean): Decision {
  const { port, glance, heard, signature, canarySaysSo = false } = facts;
  if (signature === null) return decideAlone(facts);
  if (canarySaysSo) {
    return unverified(`${everywhere(signature)}, and one of them gives the same service.`);
  }
  if (glance === null) return unverified(`${everywhere(signature)}.`);
  if (glance.handshake !== 'completed') return unverified(GONE[glance.handshake]);
  const likeness = signature.likenesses.find((one) => isLike({ port, glance }, one, recognises));
  if (likeness !== undefined && !saysMore(heard, likeness)) {
    return { standing: 'phantom', phantom: phantomOf(likeness, signature) };
  }
  if (heard === 'nothing' && !glance.asked && glance.end === 'open') {
    return unverified(
      `${everywhere(signature)}; nothing was said to this one, lest it be printed.`,
    );
  }
  if (heard === 'nothing')
    return unverified(`${everywhere(signature)}, though not in the same way.`);
  if (signature.strangers === 0) return VERIFIED;
  return unverified(`${everywhere(signature)}, each with another answer: this one proves nothing.`);
}
