import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The entry of the sending thread: `sending-thread.ts` looks for it beside its own file. */
export const THREAD = { thread: 'src/probe/syn/thread.ts' };
/** The thread that compares reports; `src/server/diff.ts` looks for it in `dist/program/`. */
export const DIFF_THREAD = { 'diff-thread': 'src/server/diff-thread.ts' };

/** The thread that reads policies; `src/server/policy-check.ts` looks for it there too. */
export const POLICY_THREAD = { 'policy-thread': 'src/server/policy-thread.ts' };

/** The entry of the thread that reads agents' audits, beside the server. */
export const AUDIT_THREAD = { 'audit-thread': 'src/server/audits/thread.ts' };

/**
 * Bundles `entries` (name to path) into `folder`, all files side by side. Hundreds of small files cost
 * Node longer to find, read and link than all that is in them. Packages stay packages, and what is
 * imported when it is needed stays a file of its own.
 *
 * @param {Record<string, string>} entries
 * @param {string} folder
 */
export async function bundle(entries, folder) {
  const build = await rolldown({
    cwd: root,
    input: entries,
    external: /^[^./]/,
    platform: 'node',
  });
  await build.write({
    dir: `${root}${folder}`,
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    sourcemap: true,
    cleanDir: true,
  });
  await build.close();
}
