import type { FirewallFlaw } from '../../model/firewall-flaw.ts';
import type { Layer } from '../layer.ts';
import { intersection } from '../ranges.ts';
import { portsText } from '../reach.ts';
import { answersOf } from './answers.ts';
import type { Answer, Check } from './check.ts';
import { flawOfDecision } from './flaw.ts';

/** The layers as they were if nothing was handed on to containers. */
function withoutNat(layer: Layer): Layer {
  const tables = layer.tables.map((table) => ({
    ...table,
    chains: table.chains.filter(({ hook }) => hook?.type !== 'nat' || hook.point !== 'prerouting'),
  }));
  return { ...layer, tables };
}

function handedOn({ parts }: Answer) {
  return parts.filter(
    ({ fate, path, translated }) =>
      fate === 'accept' && path === 'forward' && translated !== undefined,
  );
}

function flawsOf(answer: Answer, plain: Answer | undefined): readonly FirewallFlaw[] {
  const closed = (plain?.parts ?? []).filter(({ fate }) => fate === 'drop' || fate === 'reject');
  return handedOn(answer).flatMap((part) => {
    const ports = closed
      .filter(({ source }) => intersection(source, part.source).length > 0)
      .map(({ destinationPort }) => intersection(destinationPort, part.destinationPort))
      .find((some) => some.length > 0);
    const decision = part.decisions.at(-1);
    if (ports === undefined || decision === undefined) return [];
    const what = `${answer.transport} ${portsText(ports)}`;
    return [
      flawOfDecision(decision, {
        id: 'firewall.docker-bypass',
        severity: 'high',
        why: `Port ${what} over IPv${answer.family} is handed on to a container before the rules for this host are asked, which would close it.`,
        todo: 'Publish the port on 127.0.0.1 only, or put the rule into the chain DOCKER-USER, where forwarded packets pass.',
        evidence: [`published: ${what}`, `accepted by: ${decision.rule?.text ?? 'policy'}`],
      }),
    ];
  });
}

function isSame(a: Answer, b: Answer): boolean {
  return a.transport === b.transport && a.family === b.family;
}

/** Published container ports that are reachable although the host's own rules deny them. */
export const dockerBypass: Check = ({ layers, machine, answers }) => {
  if (!answers.some((answer) => handedOn(answer).length > 0)) return [];
  const plain = answersOf(layers.map(withoutNat), machine);
  const found = answers.flatMap((answer) =>
    flawsOf(
      answer,
      plain.find((other) => isSame(answer, other)),
    ),
  );
  const byWhy = new Map(found.map((flaw) => [flaw.why, flaw]));
  return [...byWhy.values()];
};
