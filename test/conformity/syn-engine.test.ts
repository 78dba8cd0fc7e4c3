import { describe } from 'vitest';
import type { EngineKind } from '../../src/probe/engine.ts';
import { SYN } from '../../src/probe/syn/kind.ts';
import { builtSyn } from '../helpers/built-syn.ts';
import { met } from '../helpers/needs.ts';
import { engineSuite } from './engine.ts';

/** Its sending thread runs from the build: Node 20 starts no thread from TypeScript. */
const built: EngineKind = {
  name: SYN.name,
  unavailable: () => SYN.unavailable(),
  create: builtSyn,
};

describe.skipIf(!met({ root: true, linux: true }))('engine syn', () => {
  engineSuite(built, { readsIcmp: true });
});
