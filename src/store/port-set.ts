/** Ports of a scope (`22,80,8000-8100`), ready to be asked. */
export interface PortSet {
  readonly size: number;
  has(port: number): boolean;
}

/** Reads canonical ranges; what is no range is left out, so that nothing is covered by a slip. */
export function portSet(text: string): PortSet {
  const ranges = rangesOf(text);
  return {
    size: ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0),
    has: (port) => ranges.some(([first, last]) => port >= first && port <= last),
  };
}

/** Every port of canonical ranges. */
export function portsIn(text: string): number[] {
  return rangesOf(text).flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, index) => first + index),
  );
}

function rangesOf(text: string): (readonly [number, number])[] {
  return text.split(',').flatMap((part) => {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part.trim());
    if (match === null) return [];
    const first = Number(match[1]);
    const last = Math.min(Number(match[2] ?? first), 65_535);
    return last < first ? [] : [[first, last] as const];
  });
}
