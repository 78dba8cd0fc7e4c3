// Writes what is derived from the code: `node scripts/generate.js`, after a build.
// With --check it writes nothing, names what is stale and exits 1.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorsPage } from './generators/errors-page.js';
import { portsPage } from './generators/ports-page.js';
import { protocolsPage } from './generators/protocols-page.js';
import { rulesPage } from './generators/rules-page.js';
import { schemas } from './generators/schemas.js';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Each answers a list of { path, text }, path from the root of the repository. */
const GENERATORS = [schemas, errorsPage, portsPage, protocolsPage, rulesPage];

function current(path) {
  try {
    return readFileSync(root + path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

const files = GENERATORS.flatMap((generate) => generate());
const stale = files.filter(({ path, text }) => current(path) !== text);

if (process.argv.includes('--check')) {
  for (const { path } of stale) console.error(`${path} is stale: run npm run generate`);
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  for (const { path, text } of stale) {
    mkdirSync(dirname(root + path), { recursive: true });
    writeFileSync(root + path, text);
    console.error(`${path} written`);
  }
}
