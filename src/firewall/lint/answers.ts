import type { Machine } from '../../model/machine.ts';
import { TRANSPORTS } from '../compare.ts';
import { evaluate } from '../evaluate.ts';
import { FAMILIES, type Layer } from '../layer.ts';
import { classesOf, everyPort } from '../reach.ts';
import type { Answer } from './check.ts';

export function answersOf(layers: readonly Layer[], machine: Machine): readonly Answer[] {
  return TRANSPORTS.flatMap((transport) =>
    FAMILIES.map((family) => {
      const question = everyPort(layers, machine, transport, family);
      const parts = evaluate(layers, question, machine);
      return { transport, family, question, parts, classes: classesOf(parts, question, machine) };
    }),
  );
}
