import { forProgram } from '../firewall/kinds/windows/for-program.ts';
import type { Layer } from '../firewall/layer.ts';
import type { Listener } from '../model/listener.ts';

/** What the kernel of Windows listens on belongs to this, which has no file. */
const SYSTEM = 'System';

type Holder = Pick<Listener, 'program' | 'executable' | 'unit'>;

/** Layers as the sockets of one program meet them: only Windows decides by program. */
export interface ProgramLayers {
  /** Names the program among others; empty when the layers are the same for all. */
  readonly key: string;
  readonly layers: readonly Layer[];
}

/** The layers for each program, made once for each. */
export class LayersByProgram {
  readonly #everybody: ProgramLayers;
  readonly #differ: boolean;
  readonly #known = new Map<string, ProgramLayers>();

  constructor(layers: readonly Layer[]) {
    this.#everybody = { key: '', layers };
    this.#differ = layers.some(({ kind }) => kind === 'windows');
  }

  /** For the holders of one port; the layers as they are where these are several programs, or not known. */
  of(holders: readonly Holder[]): ProgramLayers {
    if (!this.#differ) return this.#everybody;
    const programs = new Map(
      holders.map((holder) => [`${executableOf(holder)}\n${holder.unit}`, holder]),
    );
    const [first, ...more] = programs;
    const executable = first && executableOf(first[1]);
    if (first === undefined || executable === undefined || more.length > 0) return this.#everybody;
    const [key, holder] = first;
    const known = this.#known.get(key) ?? {
      key,
      layers: this.#everybody.layers.map((layer) =>
        layer.kind === 'windows' ? forProgram(layer, executable, serviceOf(holder)) : layer,
      ),
    };
    this.#known.set(key, known);
    return known;
  }
}

function executableOf({ program, executable }: Holder): string | undefined {
  return executable ?? (program === SYSTEM ? SYSTEM : undefined);
}

/** Several services may share a process: which of them a socket belongs to is not told. */
function serviceOf({ unit = '' }: Holder): string | undefined {
  return unit.includes(',') ? undefined : unit;
}
