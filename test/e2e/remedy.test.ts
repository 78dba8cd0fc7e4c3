import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { shellWord } from '../../src/model/shell-word.ts';
import { met } from '../helpers/needs.ts';
import { type Guard, type GuardedHost, makeGuardedHost } from '../lab/guarded-host.ts';
import { firewalldMet, ufwMet } from '../lab/managed-firewalls.ts';
import { namespacesMet } from '../lab/namespace.ts';

const iptablesMet = () => met({ commands: ['iptables-legacy', 'iptables-nft'] });
const GUARDS: readonly { guard: Guard; kind: string; here: () => boolean }[] = [
  { guard: 'nftables', kind: 'nftables', here: () => met({ commands: ['nft'] }) },
  { guard: 'iptables-legacy', kind: 'iptables', here: iptablesMet },
  { guard: 'iptables-nft', kind: 'iptables', here: iptablesMet },
  { guard: 'ufw', kind: 'ufw', here: ufwMet },
  { guard: 'firewalld', kind: 'firewalld', here: firewalldMet },
];

/** How `postern undo --list` calls changes that were not taken back. */
const IN_FORCE = ['pending', 'confirmed', 'undoing'];

/** Seconds in which firewalld's rules are applied and read back, on a machine that is busy too. */
const UNDO_AFTER = '6';

/** A second on the watchdog's clock more than it was given, and time for slow tools. */
async function until(what: () => Promise<boolean> | boolean): Promise<void> {
  for (let tries = 0; tries < 900; tries += 1) {
    if (await what()) return;
    await sleep(50);
  }
  throw new Error('it never came about');
}

async function answers(socket: Socket | null): Promise<boolean> {
  if (socket === null) return false;
  socket.write('still here?\n');
  try {
    const [reply] = await once(socket, 'data', { signal: AbortSignal.timeout(2000) });
    return String(reply) === 'still here?\n';
  } catch {
    return false;
  }
}

for (const { guard, kind, here } of GUARDS) {
  describe.skipIf(!(namespacesMet() && here()))(`behind ${guard}`, () => {
    let host: GuardedHost;
    let before = '';
    const opens = async (port: number, client?: string) => {
      const socket = await host.dial(port, client);
      socket?.destroy();
      return socket !== null;
    };
    const settled = () => !existsSync(join(host.state, 'pending'));

    beforeAll(async () => {
      host = await makeGuardedHost(guard);
      before = host.rules();
    });
    afterEach(async ({ task }) => {
      if (task.result?.state !== 'fail') return;
      // what it left in force, confirmed or not, would fail the next ones too
      const { out } = await host.postern('undo', '--list', '--json');
      const changes = JSON.parse(out) as { id: string; state: string }[];
      for (const { id, state } of changes.toReversed()) {
        if (IN_FORCE.includes(state)) await host.postern('undo', id, '--force');
      }
    });
    afterAll(() => host?.close());

    test('a port is told how to be closed, and nothing is changed', async () => {
      const { code, out } = await host.postern('close', '5432', '--json');
      const plan = JSON.parse(out) as { inCharge: { kind: string }; applied: unknown };
      expect([code, plan.inCharge.kind, plan.applied]).toEqual([0, kind, null]);
      expect(host.rules()).toBe(before);
      expect(await opens(5432)).toBe(true);
    });

    test('a port is closed at once, connections that are there go on, and it opens again by itself', async () => {
      const kept = await host.dial(2222);
      expect(await answers(kept)).toBe(true);
      const keep = `${host.clients[0]}:2222`;
      const { code, out, err } = await host.postern(
        'close',
        '5432',
        '--apply',
        '--undo-after',
        UNDO_AFTER,
        '--keep',
        keep,
      );
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toMatch(/The rules, read back, do what was asked/);
      expect(await opens(5432)).toBe(false);
      expect(await opens(6379)).toBe(true);
      expect(await answers(kept)).toBe(true);
      await until(settled);
      expect(await opens(5432)).toBe(true);
      expect(await answers(kept)).toBe(true);
      kept?.destroy();
      expect(host.rules()).toBe(before);
    });

    test('a change of which the program is killed takes itself back', async () => {
      const [first, second] = ['first', 'second'].map((name) => join(host.state, `../${name}`));
      const look = `if [ -e ${first} ]; then touch ${second}; exec sleep 100; fi; touch ${first}`;
      const child = host.start(
        'close',
        '5432',
        '--apply',
        '--undo-after',
        UNDO_AFTER,
        '--outside-check',
        look,
      );
      await until(() => existsSync(second ?? ''));
      expect(await opens(5432)).toBe(false);
      process.kill(-(child.pid ?? 0), 'SIGKILL');
      await until(settled);
      expect(await opens(5432)).toBe(true);
      expect(host.rules()).toBe(before);
    });

    test('a port is left to some, kept over a restart, and taken back whole', async () => {
      const [friend, stranger] = host.clients;
      const done = await host.postern('restrict', '5432', '--from', `${friend}/32`, '--apply');
      expect({ code: done.code, err: done.err }).toEqual({ code: 0, err: '' });
      expect([await opens(5432, friend), await opens(5432, stranger)]).toEqual([true, false]);
      const confirmed = await host.postern('confirm');
      expect(confirmed.out).toMatch(/^confirmed: restrict tcp port 5432 to /);
      const id = /postern undo (\S+)/.exec(confirmed.out)?.[1] ?? '';
      expect((await host.postern('undo', '--list')).out).toContain(`${id}  confirmed`);
      host.restart();
      expect([await opens(5432, friend), await opens(5432, stranger)]).toEqual([true, false]);
      const undone = await host.postern('undo', id);
      expect(undone).toMatchObject({ code: 0, err: '' });
      expect(undone.out).toBe(`taken back: restrict tcp port 5432 to ${friend}/32\n`);
      expect([await opens(5432, friend), await opens(5432, stranger)]).toEqual([true, true]);
      expect(host.rules()).toBe(before);
    });

    // the terminal is the same for every firewall
    const replies: readonly (readonly [string, string, boolean])[] =
      kind === 'nftables'
        ? [
            ['yes', 'applied and confirmed', false],
            ['no', 'taken back', true],
          ]
        : [];
    test.each(replies)('at a terminal the answer %s is heard: %s', async (answer, said, open) => {
      const line = host.command('close', '5432', '--apply').map(shellWord).join(' ');
      const terminal = spawn('script', ['-qefc', line, '/dev/null']);
      let shown = '';
      terminal.stdout.on('data', (chunk) => {
        shown += String(chunk);
      });
      await until(() => /Do you still get in.*\(60 s\): /s.test(shown));
      expect(await opens(5432)).toBe(false);
      terminal.stdin.write(`${answer}\n`);
      await once(terminal, 'close');
      expect(shown).toContain(`${said}: close tcp port 5432`);
      expect(await opens(5432)).toBe(open);
      expect(settled()).toBe(true);
      const [last] = JSON.parse((await host.postern('undo', '--list', '--json')).out).slice(-1);
      await host.postern('undo', last.id);
      expect(host.rules()).toBe(before);
    });

    test.each(replies.slice(0, 1))(
      'silence at a terminal keeps what was confirmed in a new session, as the answer %s would',
      async () => {
        const line = host.command('close', '5432', '--apply', '--undo-after', '15');
        const terminal = spawn('script', ['-qefc', line.map(shellWord).join(' '), '/dev/null']);
        let shown = '';
        terminal.stdout.on('data', (chunk) => {
          shown += String(chunk);
        });
        await until(() => /Do you still get in/.test(shown));
        expect((await host.postern('confirm')).code).toBe(0);
        await once(terminal, 'close');
        expect(shown).toContain('applied and confirmed: close tcp port 5432');
        expect(await opens(5432)).toBe(false);
        const [last] = JSON.parse((await host.postern('undo', '--list', '--json')).out).slice(-1);
        expect(last.state).toBe('confirmed');
        await host.postern('undo', last.id);
        expect(host.rules()).toBe(before);
      },
    );

    // it writes its files at once
    test.each(kind === 'ufw' ? ['ufw'] : [])(
      'what others changed in %s meanwhile stays when it is taken back',
      async () => {
        expect((await host.postern('close', '5432', '--apply')).code).toBe(0);
        host.exec('ufw', 'allow', '9999/tcp');
        expect((await host.postern('undo')).code).toBe(0);
        host.restart();
        expect(host.rules()).toContain('--dport 9999 -j ACCEPT');
        expect(await opens(5432)).toBe(true);
        host.exec('ufw', 'delete', 'allow', '9999/tcp');
        expect(host.rules()).toBe(before);
      },
    );

    // ufw has no sets: a run of it for each network
    const many = kind === 'ufw' ? [] : [300];
    test.each(many)('a port is left to a country’s worth of networks: %i', async (length) => {
      const [friend, stranger] = host.clients;
      const blocks = Array.from({ length }, (_, at) => `${20 + (at >> 8)}.${at & 255}.0.0/24`);
      const from = [friend, '2001:db8::/32', ...blocks].join(',');
      const { code, out, err } = await host.postern('restrict', '5432', '--from', from, '--apply');
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toMatch(/The rules, read back, do what was asked/);
      expect([await opens(5432, friend), await opens(5432, stranger)]).toEqual([true, false]);
      expect(await host.postern('undo')).toMatchObject({ code: 0, err: '' });
      expect(await opens(5432, stranger)).toBe(true);
      expect(host.rules()).toBe(before);
    });

    test('the connection that one sits behind is not shut out', async () => {
      const [command = '', ...args] = host.command('close', '7000', '--apply');
      const shell = [command, ...args].map(shellWord).join(' ');
      await host.serve(7000, `${shell} 2>&1`);
      const socket = await host.dial(7000);
      const said = await text(socket ?? Readable.from([]));
      expect(said).toMatch(
        /REMEDY_LOCKOUT.*would cut off your session from .*nothing was changed/s,
      );
      expect(said).toContain(host.clients[0]);
      expect(settled()).toBe(true);
    });

    test('who is to be kept is not shut out', async () => {
      const [friend, stranger] = host.clients;
      const keep = ['--keep', `${friend}:5432`];
      const { code, err } = await host.postern(
        'restrict',
        '5432',
        '--from',
        stranger,
        '--apply',
        ...keep,
      );
      expect(code).toBe(2);
      expect(err).toMatch(/REMEDY_LOCKOUT.*would cut off --keep .*nothing was changed/s);
      expect(host.rules()).toBe(before);
      expect(settled()).toBe(true);
    });

    // the last: it leaves the rules changed
    test('the port of a VPN is let in by the commands that are printed', async () => {
      // firewalld tells devices apart by their zones
      if (kind === 'firewalld')
        host.exec('firewall-cmd', '--zone=internal', '--change-interface=wg0');
      await host.namespace.echo([51_820], [host.namespace.far.v4]);
      const vpn = ['--vpn', 'wireguard', '--endpoint', 'vpn.example.org'];
      const folder = ['--vpn-output', join(host.state, '../wireguard')];
      const { code, out } = await host.postern('restrict', '5432', ...vpn, ...folder, '--json');
      const { change, opening } = JSON.parse(out) as {
        change: { device: string };
        opening: { now: string; lines: string[] };
      };
      expect([code, change.device, opening.now]).toEqual([0, 'wg0', 'shut']);
      expect(await host.echoes(51_820)).toBe(false);
      host.exec('sh', '-ec', opening.lines.join('\n'));
      expect(await host.echoes(51_820)).toBe(true);
    });
  });
}
