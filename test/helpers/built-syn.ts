import { existsSync } from 'node:fs';
import type { Engine, EngineKind } from '../../src/probe/engine.ts';

const BUILT = `${process.cwd()}/dist/probe/syn/kind.js`;

/** The SYN engine of the build: Node 20 starts no thread from TypeScript. */
export async function builtSyn(): Promise<Engine> {
  if (!existsSync(BUILT)) throw new Error(`${BUILT} is missing: run \`npm run build\` first`);
  const { SYN } = (await import(BUILT)) as { SYN: EngineKind };
  return SYN.create();
}
