import type { AnswerPart } from './packet.ts';
import { type Ranges, union } from './ranges.ts';

/** Runs of ports by the parts that have them (their places in the answer, joined to a key). */
function portRuns(parts: readonly AnswerPart[]): ReadonlyMap<string, readonly number[]> {
  const bounds = new Map<number, number[]>();
  parts.forEach(({ destinationPort }, at) => {
    for (const bound of destinationPort) {
      const crossing = bounds.get(bound);
      if (crossing === undefined) bounds.set(bound, [at]);
      else crossing.push(at);
    }
  });
  const runs = new Map<string, number[]>();
  const inside = new Set<number>();
  const places = [...bounds.keys()].sort((a, b) => a - b);
  places.forEach((place, index) => {
    for (const at of bounds.get(place) ?? []) {
      if (!inside.delete(at)) inside.add(at);
    }
    const end = places[index + 1];
    if (end === undefined || inside.size === 0) return;
    const key = [...inside].sort((a, b) => a - b).join();
    const run = runs.get(key);
    if (run === undefined) runs.set(key, [place, end]);
    else run.push(place, end);
  });
  return runs;
}

/** Ports for which an answer is the same, with its parts cut down to them; ascending by first port. */
export function portClasses(parts: readonly AnswerPart[]) {
  return [...portRuns(parts)].map(([key, runs]) => {
    const ports: Ranges<number> = union(runs, []);
    const own = key.split(',').flatMap((at) => parts[Number(at)] ?? []);
    return { ports, parts: own.map((part) => ({ ...part, destinationPort: ports })) };
  });
}
