import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import fc from 'fast-check';
import { PosternError } from '../../model/errors.ts';
import { type Packet, packets } from '../intent.test-helper.ts';
import type { Intent, Kind, Source } from '../kind.ts';
import type { Layer } from '../layer.ts';
import { gibberish, mutate, mutations, wordsOf } from './mutated-text.test-helper.ts';

const FOLDER = join(import.meta.dirname, '../../../test/fixtures/firewall');

const INTENT: Intent = {
  allow: [
    { transport: 'tcp', ports: [22, 22], families: [4, 6], comment: 'way in' },
    { transport: 'udp', ports: [1000, 2000], from: ['10.0.0.0/8', 'fd00::/8'], families: [4, 6] },
    { transport: 'tcp', ports: [80, 80], from: ['192.0.2.128/25'], families: [4] },
  ],
};

/** Files whose origin says what they are, where it is not their name. */
const ORIGINS: readonly (readonly [RegExp, string])[] = [
  [/^.*\.v4$/, 'iptables-save'],
  [/^.*\.v6$/, 'ip6tables-save'],
  [/^.*\.ipset$/, 'ipset save'],
  [/^all-zones\.txt$/, 'firewall-cmd --list-all-zones'],
  [/^(?:zones|policies|ipsets|services)\//, '/etc/firewalld/$&'],
  [/^user6?\.rules$/, '/etc/ufw/$&'],
];

/** Texts without rules that others refer to. */
export const BESIDE = ['ipset save', 'interfaces.json'];

function fixtures(kind: Kind): readonly Source[] {
  const folder = join(FOLDER, kind.name);
  return readdirSync(folder, { encoding: 'utf8', recursive: true })
    .filter((name) => extname(name) !== '' && name !== 'README.md')
    .map((name) => ({
      origin: ORIGINS.reduce((origin, [form, to]) => origin.replace(form, to), name),
      text: readFileSync(join(folder, name), 'utf8'),
    }));
}

function written(kind: Kind): readonly Source[] {
  return kind.write(INTENT).map(({ path, text }) => ({ origin: path, text }));
}

/** Texts that are read together. */
export function hosts(kind: Kind): readonly (readonly Source[])[] {
  const own = written(kind);
  const real = fixtures(kind);
  if (kind.name === 'ufw' || kind.name === 'firewalld') {
    const other = own.filter(({ origin }) => !real.some((one) => one.origin === origin));
    // what is listed goes before the files of the zones
    const files = real.filter(({ origin }) => origin.startsWith('/etc/'));
    return [own, [...other, ...files], [...other, ...real]];
  }
  const beside = real.filter(({ origin }) => BESIDE.includes(origin));
  const rules = real.filter((source) => !beside.includes(source));
  return [own, ...rules.map((source) => [source, ...beside])];
}

export interface Input {
  readonly sources: readonly Source[];
  readonly packet: Packet;
}

/** The texts of a host of which one was changed, or is another altogether. */
export function inputs(kind: Kind): fc.Arbitrary<Input> {
  const all = hosts(kind);
  const words = wordsOf(all.flat().map(({ text }) => text));
  const changed = mutations(words).map((some) => (text: string) => mutate(text, some));
  const noise = fc
    .array(fc.nat({ max: 0xffff }), { maxLength: 300 })
    .map((units) => String.fromCharCode(...units));
  const other = fc.oneof(gibberish(words), fc.string({ maxLength: 300 }), noise);
  const changes = fc.oneof(
    { weight: 6, arbitrary: changed },
    { weight: 1, arbitrary: other.map((text) => () => text) },
  );
  return fc
    .record({ host: fc.constantFrom(...all), which: fc.nat(), change: changes, packet: packets })
    .map(({ host, which, change, packet }) => {
      const at = which % host.length;
      const sources = host.map((source, place) =>
        place === at ? { ...source, text: change(source.text) } : source,
      );
      return { sources, packet };
    });
}

/** What reading gives, or the expected failure; anything else that is thrown goes on. */
export function readOrFault(
  kind: Kind,
  sources: readonly Source[],
  role: Layer['role'] = 'live',
): Layer | PosternError {
  try {
    return kind.read(sources, role);
  } catch (thrown) {
    if (thrown instanceof PosternError) return thrown;
    throw thrown;
  }
}
