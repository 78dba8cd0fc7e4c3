import { onMachine } from '../../firewall/kinds/pf/on-machine.ts';
import type { Layer } from '../../firewall/layer.ts';
import type { PosternError } from '../../model/errors.ts';
import { readMachine } from '../machine.ts';
import { type CommandResult, runCommand } from '../run.ts';
import { type Reading, toLayer } from './reading.ts';

/** Rules of all anchors, translations, and whether pf is on at all (pfctl(8)). */
const QUESTIONS = [
  ['-a', '*', '-sr'],
  ['-s', 'nat'],
  ['-s', 'info'],
];
const APPLICATION_FIREWALL = '/usr/libexec/ApplicationFirewall/socketfilterfw';

/** pf as it runs on this Mac. Adds to `problems` what could not be read. */
export async function readDarwinLayers(problems: PosternError[]): Promise<readonly Layer[]> {
  const [answers, programs, machine] = await Promise.all([
    Promise.all(QUESTIONS.map((args) => runCommand({ program: 'pfctl', args }))),
    runCommand({ program: APPLICATION_FIREWALL, args: ['--getglobalstate'] }),
    readMachine(),
  ]);
  const layer = toLayer(readingOf(answers), problems);
  if (layer === null) return [];
  const unread = [...layer.unread, ...applicationFirewall(programs)];
  return [{ ...onMachine(layer, machine), unread }];
}

/** Without all three answers nothing is known: a list of rules alone does not tell that pf is on. */
function readingOf(answers: readonly CommandResult[]): Reading {
  const results = answers.map((result, at) => ({
    result,
    origin: ['pfctl', ...(QUESTIONS[at] ?? [])].join(' '),
  }));
  const failed = results.flatMap(({ result, origin }) =>
    result.state === 'ok' ? [] : [{ origin, problem: result.problem }],
  );
  const sources = results.flatMap(({ result, origin }) =>
    result.state === 'ok' ? [{ origin, text: result.stdout }] : [],
  );
  return { kind: 'pf', role: 'live', sources: failed.length > 0 ? [] : sources, failed };
}

/** The other firewall of macOS decides by program, and Postern does not read its list. */
function applicationFirewall(result: CommandResult): readonly string[] {
  if (result.state === 'absent') return [];
  if (result.state === 'ok' && /State = 0/.test(result.stdout)) return [];
  const problem = result.state === 'ok' ? 'it is on' : result.problem;
  return [`the application firewall, which decides by program: ${problem}`];
}
