import type { ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findingList } from '../../src/store/queries/findings.ts';
import { met } from '../helpers/needs.ts';
import { PROGRAM, postern, type Run } from '../helpers/postern.ts';
import { type AgentServer, agentServer } from '../lab/agent-server.ts';
import { makeCertificates } from '../lab/certificates.ts';
import type { Child } from '../lab/child.ts';
import { makeFolder } from '../lab/folders.ts';
import { makeNamespace, type Namespace, namespacesMet } from '../lab/namespace.ts';
import { holdSockets } from '../lab/sockets.ts';

const WITHIN_MS = 40_000;

/** Waits until something holds; bounded. */
async function until<T>(what: string, look: () => Promise<T | false | undefined>): Promise<T> {
  const end = Date.now() + WITHIN_MS;
  for (;;) {
    const value = await look();
    if (value !== false && value !== undefined) return value;
    if (Date.now() > end) throw new Error(`did not happen: ${what}`);
    await sleep(50);
  }
}

interface Agent {
  readonly process: ChildProcess;
  readonly ended: Promise<Run>;
}

const running = new Set<ChildProcess>();

/** Starts `postern agent run`. */
function startAgent(state: string, command: readonly string[] = []): Agent {
  let process: ChildProcess | undefined;
  const own = [globalThis.process.execPath, PROGRAM];
  const ended = postern(['agent', 'run', '--state', state, '--poll', '1'], {
    command: [...command, ...own],
    onStart: (child) => {
      process = child;
    },
  });
  if (process === undefined) throw new Error('it did not start');
  const child = process;
  running.add(child);
  void ended.then(() => running.delete(child));
  return { process: child, ended };
}

async function stop({ process: child, ended }: Agent): Promise<Run> {
  child.kill('SIGTERM');
  return ended;
}

afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
});

async function newToken(server: AgentServer): Promise<{ token: string; id: string }> {
  const body = { name: 'a host', helloSeconds: 10, auditSeconds: 600 };
  const made = await server.ask<{ token: string; agent: { id: string } }>('POST', '/agents', body);
  return { token: made.token, id: made.agent.id };
}

const audits = (server: AgentServer) =>
  server.stored.store.read((db) =>
    db.selectFrom('agent_audits').select(['id', 'agent', 'at']).orderBy('at').execute(),
  );

const findings = (server: AgentServer, status: 'open' | 'resolved') =>
  server.stored.store.read((db) =>
    findingList(db, 'local', { status, limit: 100, now: Date.now() }),
  );

describe('enrolling', () => {
  let folder: string;
  let server: AgentServer;
  let url: string;
  let ca: string;
  beforeAll(async () => {
    folder = makeFolder('agent');
    const certificates = await makeCertificates(join(folder, 'tls'));
    ca = certificates.ca;
    server = await agentServer('127.0.0.1', certificates.valid);
    url = `https://127.0.0.1:${await server.up()}`;
  });
  afterAll(async () => {
    await server?.end();
    rmSync(folder, { recursive: true, force: true });
  });

  it('keeps a token that nobody else can read, over TLS of the authority that was named', async () => {
    const { token } = await newToken(server);
    const state = join(folder, 'own');
    const args = ['agent', 'enrol', url, '--state', state];
    const strange = await postern(args, { input: token });
    expect(strange.code).toBe(3);
    expect(strange.stderr).toMatch(/^error AGENT_UNREACHABLE: .*(certificate|issuer)/);
    const enrolled = await postern([...args, '--ca', ca, '--name', 'db1'], { input: `${token}\n` });
    expect(enrolled).toMatchObject({ code: 0, stderr: '' });
    expect(enrolled.stdout).toBe(`enrolled as "db1"; now: postern agent run --state ${state}\n`);
    expect(statSync(state).mode & 0o777).toBe(0o700);
    expect(statSync(join(state, 'agent.json')).mode & 0o777).toBe(0o600);
    const agent = startAgent(state);
    await until('an audit over TLS', async () => (await audits(server)).length > 0);
    expect((await stop(agent)).code).toBe(0);
    const again = await postern([...args, '--ca', ca], { env: { POSTERN_ENROLMENT: token } });
    expect(again.stderr).toContain('AGENT_ENROLMENT');
  });

  it('is one process per folder, and a killed one keeps no other out', async () => {
    const { token } = await newToken(server);
    const state = join(folder, 'one');
    await postern(['agent', 'enrol', url, '--state', state, '--ca', ca], { input: token });
    const before = (await audits(server)).length;
    const first = startAgent(state);
    const sent = async (count: number) => (await audits(server)).length >= before + count;
    await until('the first audit', () => sent(1));
    const second = await postern(['agent', 'run', '--state', state]);
    expect(second.stderr).toContain(
      `error AGENT_BUSY: the agent in "${state}" runs already: process ${first.process.pid} on `,
    );
    expect(second).toMatchObject({ code: 2, stdout: '' });
    first.process.kill('SIGKILL');
    await first.ended;
    expect(readdirSync(state)).toContain('agent.lock');
    const next = startAgent(state);
    await until('an audit of the next one', () => sent(2));
    expect((await stop(next)).code).toBe(0);
    expect(readdirSync(state).sort()).toEqual(['agent.json', 'audits']);
  });

  it.each([
    ['http://192.0.2.1', 'AGENT_SERVER', 2],
    ['ftp://127.0.0.1', 'AGENT_SERVER', 2],
    ['postern.example', 'AGENT_SERVER', 2],
    ['https://user:secret@127.0.0.1', 'AGENT_SERVER', 2],
    ['http://127.0.0.1:1', 'AGENT_UNREACHABLE', 3],
  ])('refuses %s with %s', async (place, code, exit) => {
    const run = await postern(['agent', 'enrol', place, 'pse_x', '--state', join(folder, 'none')]);
    expect(run.stderr).toContain(`error ${code}:`);
    expect(run.stderr).not.toContain('secret');
    expect(run.code).toBe(exit);
  });

  it('leaves a folder that is there as it is, and takes none that everybody may write to', async () => {
    const { token } = await newToken(server);
    const enrol = (state: string) =>
      postern(['agent', 'enrol', url, '--state', state, '--ca', ca], { input: token });
    const shared = join(folder, 'shared');
    mkdirSync(shared);
    chmodSync(shared, 0o1777);
    const refused = await enrol(shared);
    expect(refused.stderr).toMatch(/^error AGENT_STATE: .*others may write/);
    expect(statSync(shared).mode & 0o7777).toBe(0o1777);
    const open = join(folder, 'open');
    mkdirSync(open);
    chmodSync(open, 0o755);
    expect((await enrol(open)).code).toBe(0);
    expect(statSync(open).mode & 0o7777).toBe(0o755);
    expect(statSync(join(open, 'agent.json')).mode & 0o777).toBe(0o600);
  });

  it.skipIf(!met({ root: true, linux: true, commands: ['unshare'] }))(
    'spends no token that the disk has no room for',
    async () => {
      const { token } = await newToken(server);
      const state = join(folder, 'full');
      mkdirSync(state);
      const args = ['agent', 'enrol', url, '--state', state, '--ca', ca];
      const full = `mount -t tmpfs -o size=16k,mode=700 none ${state}; cat /dev/zero > ${state}/fill 2>/dev/null; exec "$@"`;
      const command = ['unshare', '-m', 'sh', '-c', full, 'sh', process.execPath, PROGRAM];
      const refused = await postern(args, { command, input: token });
      expect(refused.stderr).toMatch(/^error AGENT_STATE: .*ENOSPC/);
      expect((await postern(args, { input: token })).code).toBe(0);
    },
  );

  it('runs with nothing that others may read, or that is damaged', async () => {
    const state = join(folder, 'damaged');
    const run = () => postern(['agent', 'run', '--state', state]);
    expect((await run()).stderr).toContain('AGENT_STATE');
    mkdirSync(state, { mode: 0o700 });
    writeFileSync(join(state, 'agent.json'), '{', { mode: 0o600 });
    expect((await run()).stderr).toContain('damaged');
    writeFileSync(join(state, 'agent.json'), '{}', { mode: 0o644 });
    rmSync(join(state, 'agent.json'));
    writeFileSync(join(state, 'agent.json'), '{}', { mode: 0o644 });
    expect((await run()).stderr).toContain('others may read');
  });
});

describe('an agent whose server is away', () => {
  let folder: string;
  let server: AgentServer;
  beforeAll(async () => {
    folder = makeFolder('agent-offline');
    server = await agentServer('127.0.0.1');
  });
  afterAll(async () => {
    await server?.end();
    rmSync(folder, { recursive: true, force: true });
  });

  it('keeps audits over kill -9, delivers each once, and ends when it is revoked', async () => {
    const url = `http://127.0.0.1:${await server.up()}`;
    const { token, id } = await newToken(server);
    expect((await postern(['agent', 'enrol', url, token, '--state', folder])).code).toBe(0);
    await server.down();
    const waiting = () =>
      readdirSync(join(folder, 'audits'), { encoding: 'utf8' }).filter((name) =>
        name.endsWith('.gz'),
      );
    for (let round = 1; round <= 3; round++) {
      const agent = startAgent(folder);
      await until(`${round} audits on the disk`, async () => {
        try {
          return waiting().length >= round;
        } catch {
          return false;
        }
      });
      agent.process.kill('SIGKILL');
      await agent.ended;
    }
    const kept = waiting().map((name) => name.slice(-44, -8));
    await server.up();
    const agent = startAgent(folder);
    await until('an empty outbox', async () => waiting().length === 0);
    const taken = await audits(server);
    expect(taken.slice(0, kept.length).map((one) => one.id)).toEqual(kept);
    expect(new Set(taken.map((one) => one.id)).size).toBe(taken.length);
    expect(taken.every((one) => one.agent === id)).toBe(true);
    await server.ask('DELETE', `/agents/${id}`);
    const { code, stderr } = await agent.ended;
    expect(code).toBe(4);
    expect(stderr).toContain('error AGENT_REVOKED');
  });
});

describe.runIf(namespacesMet('nft', 'python3'))('an agent on another host', () => {
  let namespace: Namespace;
  let folder: string;
  let server: AgentServer;
  let agent: Agent;
  let id: string;
  let warning: string;
  const inside = () => ['ip', 'netns', 'exec', namespace.name];
  const rules = (line: string) =>
    namespace.nft(`flush ruleset
      table inet host {
        chain input {
          type filter hook input priority 0; policy drop;
          iif lo accept
          ct state established accept
          ${line}
        }
      }`);
  const listen = (): Promise<Child> =>
    holdSockets([{ transport: 'tcp', bind: '0.0.0.0', port: 5432 }], folder, {
      namespace: namespace.name,
    });
  const ruleOf = async (status: 'open' | 'resolved') =>
    (await findings(server, status)).filter(({ port }) => port === 5432).map(({ rule }) => rule);
  const opens = (rule: string) =>
    until(`${rule} is open`, async () => (await ruleOf('open')).join() === rule);

  beforeAll(async () => {
    namespace = makeNamespace();
    folder = makeFolder('agent-host');
    server = await agentServer(namespace.near.v4);
    const port = await server.up();
    const made = await newToken(server);
    id = made.id;
    rules('tcp dport 5432 accept');
    const enrolled = await postern(
      [
        ...['agent', 'enrol', `http://${namespace.near.v4}:${port}`, made.token],
        ...['--insecure-http', '--state', join(folder, 'state')],
      ],
      { command: [...inside(), process.execPath, PROGRAM] },
    );
    warning = enrolled.stderr;
    agent = startAgent(join(folder, 'state'), inside());
  });
  afterAll(async () => {
    if (agent !== undefined) await stop(agent);
    await server?.end();
    namespace?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('was warned that everybody on the way reads its token', () => {
    expect(warning).toContain('WARNING: http:// without TLS');
  });

  it('has its listeners and rules followed: opened, firewalled, closed, opened again', async () => {
    await opens('host.allowed-unused');
    let sockets = await listen();
    await opens('port.close');
    const first = (await findings(server, 'open')).find(({ rule }) => rule === 'port.close');
    expect(first).toMatchObject({ view: 'inside', vantage: id });
    expect([namespace.far.v4, namespace.far.v6]).toContain(first?.address);
    rules('');
    await opens('host.one-layer');
    await sockets.kill();
    await opens('');
    expect(await ruleOf('resolved')).toContain('port.close');
    rules('tcp dport 5432 accept');
    sockets = await listen();
    await until('the same finding again', async () =>
      (await findings(server, 'open')).some((one) => one.id === first?.id && one.reopened === 1),
    );
    await sockets.kill();
    expect(agent.process.exitCode).toBeNull();
  });

  it('sends nothing while nothing changes but traffic', async () => {
    await opens('host.allowed-unused');
    const count = (await audits(server)).length;
    const before = server.requests();
    namespace.exec('ping', '-c', '1', namespace.near.v4);
    await until('two signs of life', async () => server.requests() >= before + 2);
    expect((await audits(server)).length).toBe(count);
  });
});
