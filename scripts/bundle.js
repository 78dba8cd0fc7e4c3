import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
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
 * Packages that go into the bundle: of the 400 modules of kysely and the thousands of the others a
 * server keeps 25 MB in memory. Their licences go along in LICENSES.txt.
 */
const BUNDLED =
  /^(kysely|hono|better-auth|better-call|better-fetch|zod|openapi3-ts|@hono|@better-auth|@better-fetch|@asteasolutions|@noble|jose|nanostores|defu|rou3)(\/|$)/;

/**
 * Bundles `entries` (name to path) into `folder`, all files side by side. Hundreds of small files cost
 * Node longer to find, read and link than all that is in them. Packages stay packages, but for those of
 * many files; what is imported when it is needed stays a file of its own.
 *
 * @param {Record<string, string>} entries
 * @param {string} folder
 */
export async function bundle(entries, folder) {
  const build = await rolldown({
    cwd: root,
    input: entries,
    external: (id) => /^[^./]/.test(id) && !id.startsWith(root) && !BUNDLED.test(id),
    platform: 'node',
  });
  const { output } = await build.write({
    dir: `${root}${folder}`,
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    sourcemap: true,
    cleanDir: true,
  });
  await build.close();
  writeFileSync(`${root}${folder}/LICENSES.txt`, licences(output));
}

/** Licences of the packages whose code went into a bundle. */
function licences(output) {
  const packages = output.flatMap(({ moduleIds = [] }) =>
    moduleIds.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? []),
  );
  return [...new Set(packages)]
    .sort((a, b) => a.localeCompare(b))
    .map((folder) => `${folder.replace(/^.*node_modules\//, '')}\n\n${licenceIn(folder)}\n`)
    .join(`\n${'-'.repeat(80)}\n\n`);
}

function licenceIn(folder) {
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  if (file !== undefined) return readFileSync(`${folder}/${file}`, 'utf8');
  const { license, author = '' } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  return `${license} (${JSON.stringify(author)})`;
}
