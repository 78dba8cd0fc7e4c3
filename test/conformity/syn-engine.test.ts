import { existsSync } from 'node:fs';
import { describe } from 'vitest';
import type { EngineKind } from '../../src/probe/engine.ts';
import { SYN } from '../../src/probe/syn/kind.ts';
import { met } from '../helpers/needs.ts';
import { engineSuite } from './engine.ts';

const BUILT = `${process.cwd()}/dist/probe/syn/kind.js`;

/** Its sending thread runs from the build: Node 20 starts no thread from TypeScript. */
const built: EngineKind = {
  name: SYN.name,
  unavailable: () => SYN.unavailable(),
  create: async () => {
    if (!existsSync(BUILT)) throw new Error(`${BUILT} is missing: run \`npm run build\` first`);
    const { SYN: kind } = (await import(BUILT)) as { SYN: EngineKind };
    return kind.create();
  },
};

describe.skipIf(!met({ root: true, linux: true }))('engine syn', () => {
  engineSuite(built, { readsIcmp: true });
});
