import { problem } from '../model/errors.ts';
import { EPOLL, NODE } from './connect/kinds.ts';
import type { Engine, EngineKind } from './engine.ts';
import { NEEDS_RIGHTS, SYN } from './syn/kind.ts';
import { linuxUdp, nodeUdp } from './udp/kinds.ts';
import type { Question } from './udp/question.ts';

/** What `--engine` takes, and which kinds it stands for, the best first. */
const CHOICES: ReadonlyMap<string, readonly EngineKind[]> = new Map([
  ['auto', [SYN, EPOLL, NODE]],
  ['connect', [EPOLL, NODE]],
  ['epoll', [EPOLL]],
  ['node', [NODE]],
  ['syn', [SYN]],
]);

export const ENGINE_NAMES: readonly string[] = [...CHOICES.keys()];

/** An engine, and why a better one was passed over (null when the best was taken). */
export interface EngineChoice {
  readonly engine: Engine;
  readonly note: string | null;
  /** Whether more rights would have brought a better one. */
  readonly lacksRights: boolean;
}

/**
 * Chooses an engine by the name the user gave and says why a better one does not run here.
 * Throws ENGINE_UNAVAILABLE for a name that is unknown or cannot run.
 */
export async function chooseEngineWithNote(name: string): Promise<EngineChoice> {
  const kinds = CHOICES.get(name);
  if (kinds === undefined) {
    const known = `the engines are ${ENGINE_NAMES.join(', ')}`;
    throw problem('ENGINE_UNAVAILABLE', { engine: name, problem: known });
  }
  return chooseAmong(kinds, name);
}

/**
 * The engine for UDP beside the TCP engine of that name: the portable one beside `node`, else the
 * best that runs here. `questions` is what it asks.
 */
export function chooseUdpEngine(
  name: string,
  questions: readonly Question[],
): Promise<EngineChoice> {
  const portable = nodeUdp(questions);
  return chooseAmong(name === 'node' ? [portable] : [linuxUdp(questions), portable], name);
}

async function chooseAmong(kinds: readonly EngineKind[], name: string): Promise<EngineChoice> {
  const reasons: string[] = [];
  let lacksRights = false;
  for (const kind of kinds) {
    const reason = await kind.unavailable();
    if (reason === null) {
      return { engine: await kind.create(), note: reasons[0] ?? null, lacksRights };
    }
    lacksRights ||= reason === NEEDS_RIGHTS;
    reasons.push(`engine ${kind.name} is not used: ${reason}`);
  }
  throw problem('ENGINE_UNAVAILABLE', { engine: name, problem: reasons.join('; ') });
}

/** The engine of `chooseEngineWithNote`, for those who do not print the note. */
export async function chooseEngine(name: string): Promise<Engine> {
  return (await chooseEngineWithNote(name)).engine;
}
