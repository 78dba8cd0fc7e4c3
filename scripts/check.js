import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Everything that `npm run check` holds, in the order that fails fastest. */
/** @type {[string, string, string[]][]} */
const STEPS = [
  ['format', 'npx', ['biome', 'ci', '--error-on-warnings', '.']],
  ['types', 'npx', ['tsc', '-p', 'tsconfig.json', '--noEmit']],
  ['lint and layers', 'npx', ['oxlint', '--type-aware', '--deny-warnings']],
  ['build and its types', 'node', ['scripts/build.js']],
  ['generated files', 'node', ['scripts/generate.js', '--check']],
  ['dead code', 'npx', ['knip', '--treat-config-hints-as-errors']],
];

const failed = [];
for (const [name, command, args] of STEPS) {
  console.log(`\n== ${name}`);
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) failed.push(name);
}
if (failed.length > 0) {
  console.error(`\ncheck failed: ${failed.join(', ')}`);
  process.exitCode = 1;
} else {
  console.log('\ncheck passed');
}
