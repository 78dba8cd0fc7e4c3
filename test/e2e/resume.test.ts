import { type ChildProcess, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scanReport } from '../../src/contract/scan.ts';
import type { ScanReport } from '../../src/model/scan.ts';
import { EPOLL, NODE } from '../../src/probe/connect/kinds.ts';
import type { EngineKind } from '../../src/probe/engine.ts';
import { SYN } from '../../src/probe/syn/kind.ts';
import { parsePorts } from '../../src/targets/ports.ts';
import { postern } from '../helpers/postern.ts';
import { type Child, startChild } from '../lab/child.ts';
import { makeNamespace, type Namespace, namespacesMet } from '../lab/namespace.ts';

/** Every engine that `--engine` names; what runs here is asked for below. */
const KINDS: readonly EngineKind[] = [SYN, EPOLL, NODE];
const KILLS = 20;
const KILLS_PER_SCAN = 4;
/** More scans than this are not needed for so many kills, or something hangs. */
const MAX_SCANS = 40;
const HOSTS = 8;
const PORTS = '80,1000-1004,1020-1021,2222,3000-3040,6379,8080,11211';
const RULES = `
table inet lab {
  chain input {
    type filter hook input priority 0;
    tcp dport 1000-1004 drop
    tcp dport 1020 reject with icmpx type admin-prohibited
    tcp dport 1021 reject with icmpx type host-unreachable
  }
}`;

/** Numbers from 0 to 1 that a printed seed gives again (xorshift32, Marsaglia 2003). */
function chance(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

function parsed({ stdout: text, stderr }: Pick<Run, 'stdout' | 'stderr'>): ScanReport {
  if (text === '') throw new Error(stderr);
  return scanReport.parse(JSON.parse(text));
}

/** What a scan found, without times, counters of packets, and the order of hosts. */
function gist({ scan, hosts, findings }: ScanReport) {
  const { engine: _, ...scope } = scan.scope;
  const found = hosts.map(({ ports, ...host }) => ({
    ...host,
    ports: ports.map(({ rttMs: _rtt, service, ...port }) => ({
      ...port,
      service: service === undefined ? null : [service.protocol, service.product, service.version],
    })),
  }));
  const byText = <T>(list: readonly T[]) =>
    list.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  const { complete, problems, stats } = scan;
  const counted = { hosts: stats.hosts, answered: stats.answered };
  return { complete, problems, scope, counted, hosts: byText(found), findings: byText(findings) };
}

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly killed: boolean;
}

/** Runs the program and kills it after `afterMs`, unless it has ended by then. */
async function run(args: readonly string[], afterMs?: number): Promise<Run> {
  let child: ChildProcess | undefined;
  const ended = new AbortController();
  const killer = async () => {
    if (afterMs === undefined) return;
    await sleep(afterMs, undefined, { signal: ended.signal }).catch(() => undefined);
    child?.kill('SIGKILL');
  };
  const options = { onStart: (started: ChildProcess) => (child = started) };
  const running = postern(args, options).finally(() => ended.abort());
  const [result] = await Promise.all([running, killer()]);
  return { ...result, killed: child?.signalCode === 'SIGKILL' };
}

const kinds: { name: string; unavailable: string | null }[] = [];
for (const kind of KINDS) {
  const unavailable = await kind.unavailable();
  if (unavailable !== null) process.stderr.write(`skipped: engine ${kind.name}: ${unavailable}\n`);
  kinds.push({ name: kind.name, unavailable });
}

describe.skipIf(!namespacesMet('nft', 'memcached', 'setpriv', 'sysctl'))(
  'a scan of another host',
  () => {
    let peer: Namespace;
    let memcached: Child;
    let folder: string;
    let block: string;
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'postern-resume-'));
      peer = makeNamespace();
      peer.nft(RULES);
      // else the kernel sends one ICMP error a second, and chance decides which port gets it
      peer.exec('sysctl', '-qw', 'net.ipv4.icmp_ratelimit=0');
      block = `${peer.spare(0)}/29`;
      peer.answerFor(block);
      await peer.listen([80, 2222, 6379, 8080]);
      const args = ['-u', 'nobody', '-p', '11211', '-U', '0'];
      const launch = { command: 'memcached', args, namespace: peer.name };
      memcached = startChild(launch, join(folder, 'memcached.log'));
      await answers(() => peer.exec('ss', '-Hltn', 'sport = :11211') !== '');
    });
    afterAll(async () => {
      await memcached?.kill();
      peer?.close();
      rmSync(folder, { recursive: true });
    });

    async function answers(ready: () => boolean): Promise<void> {
      for (let tries = 0; tries < 100 && !ready(); tries += 1) await sleep(100);
      if (!ready()) throw new Error(`memcached does not listen: ${memcached.log()}`);
    }

    function asked(engine: string): string[] {
      const pace = ['--rate', '400', '--timeout', '500', '--seed', '11'];
      const what = ['-p', PORTS, '--show', 'all', '--fail-on', 'never', '--json', '--quiet'];
      return ['scan', block, '--engine', engine, ...pace, ...what];
    }

    describe.each(kinds)('by engine $name', ({ name, unavailable }) => {
      it.skipIf(unavailable !== null)(
        `killed at ${KILLS} moments and resumed, finds what an undisturbed one finds`,
        { timeout: 600_000 },
        async () => {
          const begun = performance.now();
          const whole = parsed(await run(asked(name)));
          const duration = performance.now() - begun;
          expect(whole.hosts).toHaveLength(HOSTS);
          expect(whole.hosts[0]?.counts).toMatchObject({ open: 5, filtered: 5, unreachable: 2 });
          const seed = Date.now() % 1_000_000;
          process.stderr.write(`kills of engine ${name}: seed ${seed}\n`);
          const next = chance(seed);
          let kills = 0;
          for (let scan = 0; kills < KILLS && scan < MAX_SCANS; scan += 1) {
            const file = join(folder, `${name}-${scan}.state`);
            let args = [...asked(name), '--resume', file];
            let last: Run | undefined;
            for (let kill = 0; kill < KILLS_PER_SCAN; kill += 1) {
              last = await run(args, next() * duration);
              if (!last.killed) break;
              kills += 1;
              // a process killed before the plan was written has left nothing to resume
              const begunWell = spawnSync('test', ['-s', file]).status === 0;
              if (begunWell)
                args = ['scan', '--resume', file, '--json', '--quiet', '--fail-on', 'never'];
            }
            if (last?.killed !== false) last = await run(args);
            expect({ scan, stderr: last.stderr, code: last.code }).toEqual({
              scan,
              stderr: '',
              code: 0,
            });
            expect(gist(parsed(last))).toEqual(gist(whole));
          }
          expect(kills).toBeGreaterThanOrEqual(KILLS);
        },
      );

      it.skipIf(unavailable !== null)(
        'in three shards is the whole, and nothing twice',
        async () => {
          const parts: ScanReport[] = [];
          for (const shard of ['1/3', '2/3', '3/3']) {
            const args = [...asked(name), '--rate', '2000', '--no-identify', '--shard', shard];
            const report = parsed(await run(args));
            expect(report.scan.scope.shard).toBe(shard);
            parts.push(report);
          }
          const whole = parsed(await run([...asked(name), '--rate', '2000', '--no-identify']));
          const facts = ({ hosts }: ScanReport) =>
            hosts.flatMap(({ ports }) =>
              ports.map(
                ({ address, port, state, reason }) => `${address} ${port} ${state} ${reason}`,
              ),
            );
          expect(parts.flatMap(facts).toSorted()).toEqual(facts(whole).toSorted());
          expect(facts(whole)).toHaveLength(HOSTS * parsePorts(PORTS).tcp.length);
        },
      );
    });
  },
);

describe('a file to resume from', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'postern-resume-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const slow = ['--rate', '100', '-p', '1-300', '--no-identify', '--quiet'];

  /** A scan of 127.0.0.1 that was killed when it had told something. */
  async function killed(name: string, targets: readonly string[], input?: string): Promise<string> {
    const file = join(folder, name);
    let child: ChildProcess | undefined;
    const options = {
      onStart: (started: ChildProcess) => (child = started),
      ...(input === undefined ? {} : { input }),
    };
    const running = postern(['scan', ...targets, ...slow, '--resume', file], options);
    const told = () => spawnSync('grep', ['-q', '"type":"told"', file]).status === 0;
    for (let tries = 0; tries < 200 && !told(); tries += 1) await sleep(50);
    child?.kill('SIGKILL');
    await running;
    expect(told()).toBe(true);
    return file;
  }

  it('needs neither the targets nor standard input again', async () => {
    const file = await killed('stdin.state', ['-', '127.0.0.2'], '127.0.0.1\n010.0.0.1\n');
    const { code, stdout, stderr } = await postern([
      'scan',
      '--resume',
      file,
      '--rate',
      'max',
      '--json',
      '--quiet',
    ]);
    const report = parsed({ stdout, stderr });
    expect(report.hosts.map(({ address }) => address).toSorted()).toEqual([
      '127.0.0.1',
      '127.0.0.2',
    ]);
    for (const { counts } of report.hosts)
      expect(counts).toMatchObject({ localError: 0, filtered: 0 });
    expect(report.scan.scope.targets).toEqual(['127.0.0.1', '127.0.0.2']);
    expect(report.scan.problems).toMatchObject([{ code: 'TARGET_SYNTAX' }]);
    expect([code, stderr]).toEqual([3, '']);
  });

  it('gives the same report again when its scan is over, by the byte', async () => {
    const file = join(folder, 'over.state');
    const begin = ['scan', '127.0.0.1', '-p', '1-50', '--no-identify', '--show', 'closed'];
    const first = await postern([...begin, '--json', '--resume', file]);
    const again = await postern(['scan', '--resume', file, '--json']);
    expect(parsed(first).scan.complete).toBe(true);
    expect(again).toEqual(first);
  });

  it('says after Ctrl-C how to go on, and that goes on', async () => {
    const file = join(folder, "it's.state");
    const args = ['scan', '127.0.0.1', ...slow, '--resume', file, '--json'];
    const stopped = await postern(args, {
      onStart: (child) => {
        setTimeout(() => child.kill('SIGINT'), 1500);
      },
    });
    expect(stopped.code).toBe(130);
    expect(parsed(stopped).scan.complete).toBe(false);
    const [, command = ''] = /go on with: postern (.*)/.exec(stopped.stderr) ?? [];
    const shell = spawnSync('sh', ['-c', `printf '%s\\n' ${command}`], { encoding: 'utf8' });
    const words = shell.stdout.trim().split('\n');
    expect(words).toEqual(['scan', '--resume', file]);
    const resumed = await postern([...words, '--rate', 'max', '--json']);
    expect(resumed.code).toBe(0);
    const report = parsed(resumed);
    expect(report.scan.complete).toBe(true);
    const { counts } = report.hosts[0] ?? {};
    expect((counts?.open ?? 0) + (counts?.closed ?? 0)).toBe(300);
  });

  it('refuses another plan and says what differs, and another process', async () => {
    const list = join(folder, 'hosts.txt');
    spawnSync('sh', ['-c', `echo 127.0.0.1 > '${list}'`]);
    const file = await killed('plan.state', [`@${list}`, '--exclude', '127.0.0.9']);
    const refused = async (...args: string[]) => {
      const { code, stdout, stderr } = await postern(['scan', ...args, '--resume', file]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      return stderr;
    };
    expect(await refused('-p', '1-99')).toContain('ports (1-300 in the file, 1-99 given)');
    expect(await refused('--seed', '5', '--shard', '1/2', '--show', 'closed')).toMatch(
      /RESUME_PLAN: .*seed \(\d+ in the file, 5 given\); shard \(none in the file, 1\/2 given\); show \(open in the file, closed given\)/,
    );
    expect(await refused('--exclude', '127.0.0.8')).toContain('another plan: exclusions');
    spawnSync('sh', ['-c', `echo 127.0.0.2 >> '${list}'`]);
    expect(await refused(`@${list}`)).toContain('another plan: targets (or what their files hold)');
    const running = postern(['scan', '--resume', file, '--quiet']);
    for (
      let tries = 0;
      tries < 100 && spawnSync('test', ['-e', `${file}.lock`]).status !== 0;
      tries += 1
    )
      await sleep(20);
    expect(await refused()).toMatch(/RESUME_BUSY: .* in use by process \d+ on /);
    expect((await running).code).toBe(0);
  });

  it('names the line that is damaged, and touches no file that is something else', async () => {
    const file = await killed('damaged.state', ['127.0.0.1']);
    spawnSync('sed', ['-i', '4s/closed/opened/', file]);
    spawnSync('sh', ['-c', `tail -n 1 '${file}' >> '${file}'`]);
    const damaged = await postern(['scan', '--resume', file]);
    expect(damaged.stderr).toContain('RESUME_DAMAGED');
    expect(damaged.stderr).toContain('line 4 is not what was written');
    expect(damaged.code).toBe(2);
    const other = join(folder, 'hosts.txt');
    const before = readFileSync(other, 'utf8');
    const { code, stderr } = await postern(['scan', '127.0.0.1', '--resume', other]);
    expect(stderr).toContain('it holds something else');
    expect([code, readFileSync(other, 'utf8')]).toEqual([2, before]);
  });
});
