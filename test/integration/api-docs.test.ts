import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Up, up } from '../../src/server/up.ts';
import { LOCAL, openStore } from '../../src/store/open.ts';
import { recordLook } from '../../src/store/record.ts';
import { lookOf } from '../helpers/stored-looks.ts';
import { person } from '../helpers/test-api.ts';
import { openTestStore, type TestStore } from '../helpers/test-store.ts';

const run = promisify(execFile);
const page = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8');
const UNIT = fileURLToPath(new URL('../../docs/examples/postern.service', import.meta.url));
const ANALYZE = '/usr/bin/systemd-analyze';
const KEY = 'a key';

/** Commands of the shell on the page; lines that end with a backslash go on. */
const commands = [...page.matchAll(/^```sh\n([^]*?)^```$/gm)].flatMap(([, block = '']) =>
  block.replaceAll('\\\n', ' ').split('\n').filter(Boolean),
);

let opened: TestStore;
let server: Up;
const values: Record<string, string> = { KEY };
beforeAll(async () => {
  opened = await openTestStore();
  const look = lookOf({
    at: Date.now(),
    tcp: '22',
    hosts: { '192.0.2.7': { 22: { severity: 'high' } } },
  });
  await recordLook(opened.store, LOCAL, 'scan', look);
  const store = await openStore(opened.place);
  const { id } = await store.read((db) =>
    db.selectFrom('findings').select('id').executeTakeFirstOrThrow(),
  );
  await store.close();
  server = await up({
    place: opened.place,
    folder: opened.folder,
    listen: { host: '127.0.0.1', port: 0 },
    env: {},
    version: '0.0.0',
    now: () => Date.now(),
    say: (line) => {
      throw new Error(line);
    },
    doorman: async () => ({
      callerOf: async ({ headers }) =>
        headers.get('authorization') === `Bearer ${KEY}` ? person('admin', LOCAL) : null,
      handler: async () => new Response(null, { status: 404 }),
      forget: () => undefined,
      signUpLink: async () => null,
    }),
    proxies: [],
    parts: [],
  });
  Object.assign(values, {
    URL: server.url,
    ID: id,
    SCAN: look.scan.id,
    UNTIL: new Date(Date.now() + 24 * 60 * 60 * 1000).toISOString(),
  });
});
afterAll(async () => {
  await server.stop();
  await opened.end();
});

describe('docs/api.md', () => {
  it('shows commands', () => {
    expect(commands.length).toBeGreaterThan(8);
  });

  it.each(commands)('shows what works: %s', async (command) => {
    // a stream goes on until it is closed: curl says 28 then, and the status all the same
    const asked = command.replace(/^curl /, 'curl -w "%{http_code}" -o /dev/null --max-time 3 ');
    const { stdout } = await run('bash', ['-c', `${asked}; true`], { env: { ...values } });
    expect(stdout).toBe('200');
  });
});

it.skipIf(!existsSync(ANALYZE))('has a unit that systemd takes', async () => {
  const { stderr } = await run(ANALYZE, ['verify', UNIT]);
  expect(stderr).not.toContain('postern.service');
});
