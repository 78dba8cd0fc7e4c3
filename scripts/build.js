import { execFileSync } from 'node:child_process';
import { existsSync, rmSync, symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AUDIT_THREAD, bundle, DIFF_THREAD, POLICY_THREAD, THREAD } from './bundle.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = `${root}node_modules/typescript/bin/tsc`;

/**
 * Makes `npx postern` in a checkout find this checkout at once; without the link npx first installs
 * the checkout into its own cache. Windows needs a shim instead of a link and does the latter.
 */
function linkBin() {
  const link = `${root}node_modules/.bin/postern`;
  if (process.platform === 'win32' || !existsSync(`${root}node_modules/.bin`)) return;
  rmSync(link, { force: true });
  symlinkSync('../../bin/postern.js', link);
}

rmSync(`${root}dist`, { recursive: true, force: true });
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
await bundle(
  { main: 'src/cli/main.ts', ...THREAD, ...DIFF_THREAD, ...AUDIT_THREAD, ...POLICY_THREAD },
  'dist/program',
);
linkBin();
