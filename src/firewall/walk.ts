import type { Fate } from '../model/reachability.ts';
import { cut, isOne, unionAll } from './boxes.ts';
import type { PreparedChain, PreparedRule } from './compile.ts';
import type { Action, Rule, Test } from './layer.ts';
import { type Holding, hasPorts, hold, holdRow, tracked, type View } from './match.ts';
import { NETFILTER } from './netfilter-order.ts';
import type { Visit } from './packet.ts';
import {
  blend,
  decided,
  decisionOf,
  eitherMarks,
  type Marks,
  marksOf,
  type Parcel,
  possibly,
  type State,
  withConditions,
} from './parcel.ts';
import { difference, includes } from './ranges.ts';
import { translate } from './translate.ts';

/*
 * A walk takes parcels through one base chain and all that it leads to. What is certain is walked;
 * what a packet may do besides (a test that was not understood, a mark that is not known) is noted
 * on the parcel instead of walking both ways: a ruleset with many such tests would double the ways
 * with each. A frame with `skip` is one that the packet may have left, or never entered.
 */

/** A chain that is being walked, and where its caller goes on. */
interface Frame {
  readonly chain: PreparedChain;
  readonly depth: number;
  /** Absent in the base chain. */
  readonly back: Task | undefined;
  /** Marks of packets that may have left the chain already. */
  readonly skip: Marks | undefined;
  /** Entered by a goto that may not have been: its end is the end of the caller too, perhaps. */
  readonly mayEndCaller: boolean;
  /** Rates below which the chain was entered. */
  readonly phrases: readonly string[];
}

/** A parcel and what is next for it: the step of the rule, and for a map the row. */
interface Task {
  readonly parcel: Parcel;
  readonly frame: Frame;
  readonly at: number;
  readonly step: number;
  readonly row: number;
  /** Some test of the rule may not have held. */
  readonly guess: boolean;
  /** The rule holds only above a rate that one packet does not reach. */
  readonly over: boolean;
  /** The rule's tests held for some of its packets only. */
  readonly split: boolean;
  readonly told: boolean;
  readonly phrases: readonly string[];
}

/** What walks of one question share. */
export interface WalkContext extends View {
  readonly visit: ((visit: Visit) => void) | undefined;
  /** Steps that are left before the rest is called unknown: rules can be written to take forever. */
  readonly budget: { left: number };
  /** The chain may not be asked at all. */
  readonly passedOver?: boolean;
  /** Told of each rule whose tests hold for some packets, or may. */
  readonly reached?: (rule: Rule) => void;
  /** Goes on behind a rule that may do anything, for the sake of the rules after it. */
  readonly persistent?: boolean;
}

/** Nesting that the kernel takes (NFT_JUMP_STACK_SIZE); iptables counts no levels, so its bound is ours. */
const DEPTH = { nftables: 16, others: 256 } as const;
/** Ports in a parcel up to which the index of a chain is asked for each. */
const PORTS_ASKED = 4;
const NO_PORT = -1;
/** What a rule above a rate may do that those below are spared. */
const CLOSING: ReadonlySet<Action['do']> = new Set(['drop', 'reject', 'jump', 'goto']);
const NO_PHRASES: readonly string[] = [];

function depthLimit({ chain }: Frame): number {
  return chain.layer.kind === 'nftables' ? DEPTH.nftables : DEPTH.others;
}

/** The next rule of a rule's frame, when the packet may have left that frame before. */
function mayHaveLeft(next: Task): Task {
  const { frame, parcel } = next;
  return { ...next, frame: { ...frame, skip: eitherMarks(parcel, frame.skip) } };
}

/** The innermost chain that the packet may not be in at all. */
function flagged(frame: Frame): Frame | undefined {
  for (let at: Frame | undefined = frame; at !== undefined; at = at.back?.frame) {
    if (at.skip !== undefined) return at;
  }
  return undefined;
}

function baseFrame(chain: PreparedChain, skip: Marks | undefined): Frame {
  return { chain, depth: 0, back: undefined, skip, mayEndCaller: false, phrases: NO_PHRASES };
}

function phrasesOf({ frame, phrases }: Task): readonly string[] {
  if (phrases.length === 0) return frame.phrases;
  return [...frame.phrases, ...phrases];
}

function isMarking(action: Action): action is Marking {
  return action.do === 'set-mark' || action.do === 'copy-mark' || action.do === 'notrack';
}

type Marking = Extract<Action, { do: 'set-mark' | 'copy-mark' | 'notrack' }>;

function untrackedBy({ state }: Parcel, { beforeTracking }: View): State {
  // a packet of a known connection keeps it (nft_ct.c, nft_notrack_eval)
  if (beforeTracking || state === 'invalid') return 'untracked';
  return state;
}

/** The connection's mark after an action; where there is no connection nothing happens. */
function onConnection(parcel: Parcel, view: View, mark: number | null): number | null {
  const has = tracked(parcel, view);
  if (has === false) return parcel.connectionMark;
  return has === null && mark !== parcel.connectionMark ? null : mark;
}

function copiedMark(parcel: Parcel, view: View): number | null {
  const has = tracked(parcel, view);
  if (has === false) return parcel.mark;
  return has === null && parcel.mark !== parcel.connectionMark ? null : parcel.connectionMark;
}

function setMark(old: number | null, and: number, xor: number): number | null {
  if (and === 0) return xor >>> 0;
  return old === null ? null : ((old & and) ^ xor) >>> 0;
}

function markedBy(parcel: Parcel, action: Marking, view: View): Parcel {
  if (action.do === 'notrack') return { ...parcel, state: untrackedBy(parcel, view) };
  if (action.do === 'copy-mark') {
    if (action.to === 'mark') return { ...parcel, mark: copiedMark(parcel, view) };
    return { ...parcel, connectionMark: onConnection(parcel, view, parcel.mark) };
  }
  const { and, xor } = action;
  if (action.field === 'mark') return { ...parcel, mark: setMark(parcel.mark, and, xor) };
  const mark = setMark(parcel.connectionMark, and, xor);
  return { ...parcel, connectionMark: onConnection(parcel, view, mark) };
}

/** How much a base chain's word tells: closing, then a rule where packets are filtered, then its policy. */
function rankOf({ chain, layer }: PreparedChain, fate: Fate, rule: Rule | undefined): number {
  const { hook } = chain;
  if (fate !== 'accept') return 4;
  const isKernel = NETFILTER.has(layer.kind);
  const point = hook?.point ?? 'input';
  const filters = isKernel ? point === 'input' || point === 'forward' : hook?.type !== 'nat';
  if (!filters) return rule === undefined || hook?.type !== 'filter' ? 0 : 1;
  if (hook?.type === 'nat') return 0;
  // a router's rules for what goes out tell less than those by which it came in
  if (!isKernel && (hook?.priority ?? 0) > 0) return 1;
  return rule === undefined ? 2 : 3;
}

function withoutAccepted(parcel: Parcel): Parcel {
  // leaving a key out is slow, and most parcels have none
  if (parcel.accepted === undefined) return parcel;
  const { accepted: _, acceptedBy: __, ...rest } = parcel;
  return rest;
}

class Walk {
  readonly #base: PreparedChain;
  readonly #context: WalkContext;
  readonly #tasks: Task[] = [];
  readonly #done: Parcel[] = [];

  constructor(base: PreparedChain, context: WalkContext) {
    this.#base = base;
    this.#context = context;
  }

  run(parcel: Parcel): readonly Parcel[] {
    const skip = this.#context.passedOver === true ? marksOf(parcel) : undefined;
    const frame = baseFrame(this.#base, skip);
    this.#tell(frame, 'enter');
    let task: Task | undefined = this.#from(parcel, frame, 0);
    while (task !== undefined) {
      task = this.#advance(task) ?? this.#tasks.pop();
    }
    return this.#done;
  }

  #tell(frame: Frame, event: Visit['event'], rule?: Rule): void {
    const { visit } = this.#context;
    if (visit === undefined) return;
    const { layer, table, chain } = frame.chain;
    visit({ layer, table, chain, event, depth: frame.depth, ...(rule ? { rule } : {}) });
  }

  /** At the next rule from a place on that the parcel's ports may match. */
  #from(parcel: Parcel, frame: Frame, at: number): Task {
    return {
      parcel,
      frame,
      at: this.#nextRule(parcel, frame, at),
      step: 0,
      row: 0,
      guess: false,
      over: false,
      split: false,
      told: false,
      phrases: NO_PHRASES,
    };
  }

  #nextRule(parcel: Parcel, { chain }: Frame, at: number): number {
    if (this.#context.visit !== undefined) return at;
    if (!hasPorts(this.#context.common.protocol)) return chain.next(at, NO_PORT);
    const ports = parcel.translation?.port ?? parcel.destinationPort;
    if (isOne(ports)) return chain.next(at, ports[0] as number);
    const first = ports[0] as number;
    if (ports.length !== 2 || (ports[1] as number) - first > PORTS_ASKED) return at;
    let next = Number.POSITIVE_INFINITY;
    for (let port = first; port < (ports[1] as number); port += 1) {
      next = Math.min(next, chain.next(at, port));
    }
    return next;
  }

  #advance(task: Task): Task | undefined {
    const { budget } = this.#context;
    const rule = task.frame.chain.rules[task.at];
    if (rule === undefined) return this.#leave(task.parcel, task.frame);
    budget.left -= 1;
    if (budget.left < 0) return this.#lose(task, rule);
    const step = rule.steps[task.step];
    if (step === undefined) return this.#endRule(task, rule);
    return 'test' in step ? this.#test(task, rule, step) : this.#act(task, rule, step);
  }

  #endRule(task: Task, rule: PreparedRule): Task {
    const told = this.#matched(task, rule);
    return this.#from(told.parcel, told.frame, told.at + 1);
  }

  #matched(task: Task, { rule }: PreparedRule): Task {
    const { visit, reached } = this.#context;
    if (task.told || (visit === undefined && reached === undefined)) return task;
    reached?.(rule);
    const whole = task.split ? 'part' : 'match';
    this.#tell(task.frame, task.guess || task.over ? 'maybe' : whole, rule);
    return { ...task, told: true };
  }

  #miss(task: Task, { rule }: PreparedRule): Task {
    if (!task.told && !task.split) this.#tell(task.frame, 'miss', rule);
    return this.#from(task.parcel, task.frame, task.at + 1);
  }

  #test(task: Task, rule: PreparedRule, test: Test): Task | undefined {
    const step = task.step + 1;
    // a rate is not always kept: for the rules after this one it may be either way
    const doubtful = test.test === 'limit' && this.#context.persistent === true;
    if (test.test === 'opaque' || doubtful) return { ...task, step, guess: true };
    if (test.test === 'limit') {
      const phrases = [...task.phrases, `at most ${test.text}`];
      return { ...task, step, phrases, over: task.over || test.over };
    }
    if (this.#takeRun(task) || this.#takePorts(task)) return undefined;
    const holding = hold(test, task.parcel, this.#context);
    if (holding === 'miss') return this.#miss(task, rule);
    if (holding === 'hit') return { ...task, step };
    if (holding === 'maybe') return { ...task, step, guess: true };
    return this.#spread(holding, (piece) =>
      piece.held === 'miss'
        ? this.#from(piece.parcel, task.frame, task.at + 1)
        : {
            ...task,
            parcel: piece.parcel,
            step,
            split: true,
            guess: task.guess || piece.held === 'maybe',
          },
    );
  }

  /** Takes rules that differ in their source only at once; their pieces wait. */
  #takeRun(task: Task): boolean {
    const { visit, common } = this.#context;
    if (visit !== undefined || task.guess || task.over) return false;
    const { parcel, frame } = task;
    const run = frame.chain.run(task.at);
    if (run === undefined || run.step !== task.step || run.family !== common.family) return false;
    const { outside } = cut(parcel.source, run.all);
    if (outside.length > 0) {
      this.#tasks.push(this.#from({ ...parcel, source: outside }, frame, run.end));
    }
    const step = task.step + 1;
    for (const segment of run.segments) {
      const { inside: source } = cut(segment.source, parcel.source);
      if (source.length === 0) continue;
      const piece = { ...task, parcel: { ...parcel, source }, at: segment.at, step, split: true };
      this.#tasks.push(piece);
    }
    return true;
  }

  /** Takes rules for one port each at once: cut out one by one, each port would copy all others. */
  #takePorts(task: Task): boolean {
    const { visit, common, budget } = this.#context;
    const { parcel, frame, at } = task;
    if (visit !== undefined || task.guess || task.over || parcel.translation !== undefined) {
      return false;
    }
    if (isOne(parcel.destinationPort) || !hasPorts(common.protocol)) return false;
    if (frame.chain.onePort(at)?.step !== task.step) return false;
    const { places, end } = this.#portsFrom(task);
    budget.left -= end - at;
    const cutOut = unionAll([...places.keys()].map((port) => [port, port + 1]));
    const rest = difference(parcel.destinationPort, cutOut);
    if (rest.length > 0) {
      this.#tasks.push(this.#from({ ...parcel, destinationPort: rest }, frame, end));
    }
    for (const [port, place] of [...places].toReversed()) {
      const piece = { ...parcel, destinationPort: [port, port + 1] };
      const step = (frame.chain.onePort(place)?.step ?? 0) + 1;
      this.#tasks.push({ ...task, parcel: piece, at: place, step, split: true });
    }
    return true;
  }

  /** Ports of the parcel and the first rule for each, up to the first rule that is not for one port. */
  #portsFrom({ parcel, frame: { chain }, at }: Task) {
    const places = new Map<number, number>();
    let end = at;
    for (; ; end += 1) {
      const asked = chain.onePort(end);
      if (asked === undefined) break;
      const held = this.#holdBefore(chain, end, asked.step, parcel);
      if (held === 'maybe') break;
      const { port } = asked;
      if (held === 'miss' || places.has(port)) continue;
      if (includes(parcel.destinationPort, port)) places.set(port, end);
    }
    return { places, end };
  }

  /** Whether the first tests of a rule hold; `maybe` too where they do for some packets. */
  #holdBefore(chain: PreparedChain, at: number, step: number, parcel: Parcel) {
    const steps = chain.rules[at]?.steps ?? [];
    for (let before = 0; before < step; before += 1) {
      const test = steps[before];
      if (test === undefined || 'do' in test) return 'maybe';
      if (test.test === 'opaque' || test.test === 'limit') return 'maybe';
      const held = hold(test, parcel, this.#context);
      if (held === 'miss') return 'miss';
      if (held !== 'hit') return 'maybe';
    }
    return 'hit';
  }

  /** Goes on with the first piece; the others wait. */
  #spread(
    pieces: Exclude<Holding, string>,
    next: (piece: Exclude<Holding, string>[number]) => Task | undefined,
  ): Task | undefined {
    const [first, ...others] = pieces;
    for (const other of others.toReversed()) {
      const waiting = next(other);
      if (waiting !== undefined) this.#tasks.push(waiting);
    }
    return first === undefined ? undefined : next(first);
  }

  #act(before: Task, rule: PreparedRule, action: Action): Task | undefined {
    if (action.do === 'map') return this.#map(before, rule, action);
    const task = this.#matched(before, rule);
    const next = () => this.#from(task.parcel, task.frame, task.at + 1);
    if (!task.over) return this.#perform(task, rule, action, task.guess, next);
    const after = next();
    if (!CLOSING.has(action.do)) return after;
    return { ...after, parcel: withConditions(after.parcel, task.phrases) };
  }

  #map(task: Task, rule: PreparedRule, map: Extract<Action, { do: 'map' }>): Task | undefined {
    for (let at = task.row; at < map.rows.length; at += 1) {
      const row = map.rows[at];
      if (row === undefined) break;
      const holding = holdRow(map.fields, row.key, task.parcel, this.#context);
      if (holding === 'miss') continue;
      if (typeof holding === 'string') {
        return this.#takeRow(task, rule, row.action, at, holding === 'maybe');
      }
      return this.#spread(holding, ({ held, parcel }) => {
        const piece = { ...task, parcel, split: true };
        if (held === 'miss') return { ...piece, row: at + 1 };
        return this.#takeRow(piece, rule, row.action, at, held === 'maybe');
      });
    }
    return this.#miss(task, rule);
  }

  #takeRow(
    before: Task,
    rule: PreparedRule,
    action: Action,
    row: number,
    maybe: boolean,
  ): Task | undefined {
    const task = this.#matched(maybe ? { ...before, guess: true } : before, rule);
    const after = () => this.#from(task.parcel, task.frame, task.at + 1);
    if (task.over) return after();
    if (!maybe) return this.#perform(task, rule, action, before.guess, after);
    // what follows the map would be done or not, too
    if (isMarking(action)) return this.#lose(task, rule);
    const next = { ...task, guess: before.guess, row: row + 1 };
    return this.#perform(task, rule, action, true, () => next);
  }

  /** Does an action; `next` is where the packet goes on when it does not leave the rule for good. */
  #perform(
    task: Task,
    rule: PreparedRule,
    action: Action,
    uncertain: boolean,
    next: () => Task,
  ): Task | undefined {
    switch (action.do) {
      case 'accept':
      case 'drop':
      case 'reject':
        return this.#verdict(task, rule.rule, action.do, uncertain, next);
      case 'snat':
        return this.#verdict(task, rule.rule, 'accept', uncertain, next);
      case 'return':
        return uncertain ? mayHaveLeft(next()) : this.#leave(task.parcel, task.frame);
      case 'jump':
      case 'goto':
        return this.#enter(task, rule, action, uncertain, next());
      case 'dnat':
      case 'redirect':
        return this.#translate(task, rule, action, uncertain);
      case 'set-mark':
      case 'copy-mark':
      case 'notrack':
        return this.#mark(task, action, uncertain);
      // a map inside of a map is not written by any tool
      default:
        return this.#lose(task, rule);
    }
  }

  #mark(task: Task, action: Marking, uncertain: boolean): Task {
    const marked = markedBy(task.parcel, action, this.#context);
    const parcel = uncertain ? blend(marked, marksOf(task.parcel)) : marked;
    return { ...task, parcel, step: task.step + 1, row: 0 };
  }

  #enter(
    task: Task,
    rule: PreparedRule,
    action: Extract<Action, { do: 'jump' | 'goto' }>,
    uncertain: boolean,
    next: Task,
  ): Task | undefined {
    const { frame, parcel } = task;
    const chain = frame.chain.target(action.chain, rule.pass);
    if (chain === undefined || frame.depth >= depthLimit(frame)) return this.#lose(task, rule);
    const certainGoto = action.do === 'goto' && !uncertain;
    const entered: Frame = {
      chain,
      depth: frame.depth + 1,
      back: certainGoto ? frame.back : next,
      skip: uncertain ? marksOf(parcel) : certainGoto ? frame.skip : undefined,
      mayEndCaller: certainGoto ? frame.mayEndCaller : action.do === 'goto',
      phrases: phrasesOf(task),
    };
    this.#tell(entered, 'enter');
    return this.#from(parcel, entered, 0);
  }

  #translate(
    task: Task,
    rule: PreparedRule,
    action: Extract<Action, { do: 'dnat' | 'redirect' }>,
    uncertain: boolean,
  ): Task | undefined {
    const { parcel, frame } = task;
    const doubtful = uncertain || parcel.accepted !== undefined || flagged(frame) !== undefined;
    const { chain } = frame;
    const decision = decisionOf(chain, rule.rule, 'unknown');
    const by = { fate: 'unknown', layer: chain.layer, decision } as const;
    const moved = doubtful ? null : translate(parcel, action, by, this.#context.common);
    if (moved === null) return this.#lose(task, rule);
    for (const part of moved) {
      this.#verdict({ ...task, parcel: part }, rule.rule, 'accept', false, () => task);
    }
    return undefined;
  }

  #verdict(
    task: Task,
    rule: Rule,
    fate: 'accept' | 'drop' | 'reject',
    uncertain: boolean,
    next: () => Task,
  ): Task | undefined {
    const { frame, parcel } = task;
    if (uncertain) return { ...next(), parcel: this.#possibly(parcel, frame, fate, rule) };
    const left = flagged(frame);
    if (left !== undefined) {
      const either = blend(this.#possibly(parcel, frame, fate, rule), left.skip);
      return this.#exit(left, either);
    }
    this.#close(withConditions(parcel, phrasesOf(task)), frame, fate, rule);
    return undefined;
  }

  #possibly(parcel: Parcel, { chain }: Frame, fate: Fate, rule: Rule | undefined): Parcel {
    const decision = decisionOf(chain, rule, 'unknown');
    return possibly(parcel, { fate, layer: chain.layer, decision });
  }

  /** The end of a chain, or a return from it. */
  #leave(parcel: Parcel, frame: Frame): Task | undefined {
    return this.#exit(frame, blend(parcel, frame.skip));
  }

  #exit(frame: Frame, parcel: Parcel): Task | undefined {
    const { back } = frame;
    if (back === undefined) {
      this.#policy(parcel, frame);
      return undefined;
    }
    this.#tell(frame, 'return');
    const resumed = { ...back, parcel };
    return frame.mayEndCaller ? mayHaveLeft(resumed) : resumed;
  }

  #policy(parcel: Parcel, { phrases }: Frame): void {
    // after a goto the frame is in another chain: the policy is that of the base chain
    const frame = { ...baseFrame(this.#base, undefined), phrases };
    const fate = this.#base.chain.policy ?? 'accept';
    this.#tell(frame, 'policy');
    if (this.#context.passedOver !== true) return this.#close(parcel, frame, fate, undefined);
    this.#close(this.#possibly(parcel, frame, fate, undefined), frame, 'accept', undefined);
  }

  /** The base chain's word about a parcel; an accepted one goes on to the next chain. */
  #close(parcel: Parcel, frame: Frame, fate: Fate, rule: Rule | undefined): void {
    const { accepted, acceptedBy } = parcel;
    const { chain } = frame;
    const certain = blend(withoutAccepted(parcel), accepted);
    if (fate !== 'accept' && acceptedBy !== undefined) {
      // the rule that may accept is what makes it unknown, not the one that closes the rest
      this.#done.push(possibly(certain, { ...acceptedBy, fate }));
      return;
    }
    const rank = rankOf(this.#base, fate, rule);
    const decision = decisionOf(chain, rule, fate);
    const said = decided(certain, { layer: chain.layer, rank, decision });
    this.#done.push(fate === 'accept' ? said : { ...said, fate });
  }

  /** Nothing is known of the packet any more. */
  #lose(task: Task, { rule }: PreparedRule): Task | undefined {
    const { parcel, frame } = task;
    const { budget, persistent } = this.#context;
    if (persistent === true && budget.left > 0) return this.#from(parcel, frame, task.at + 1);
    const rest = withoutAccepted(parcel);
    this.#done.push({ ...this.#possibly(rest, frame, 'unknown', rule), fate: 'unknown' });
    return undefined;
  }
}

/** Walks a parcel through a base chain: pieces of it, decided (`fate`) or accepted by this chain. */
export function walk(base: PreparedChain, parcel: Parcel, context: WalkContext): readonly Parcel[] {
  return new Walk(base, context).run(parcel);
}
