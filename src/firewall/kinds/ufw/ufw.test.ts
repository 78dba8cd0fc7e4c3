import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PosternError } from '../../../model/errors.ts';
import { evaluate } from '../../evaluate.ts';
import type { Change, Intent, Source } from '../../kind.ts';
import type { Layer } from '../../layer.ts';
import { readOrFault } from '../any-text.test-helper.ts';
import { linesOf } from './lines.ts';
import { commandWords, readTuple, type Tuple, tupleLine } from './tuple.ts';
import { ufw } from './ufw.ts';

const INTENT: Intent = {
  allow: [
    { transport: 'tcp', ports: [22, 22], families: [4, 6], comment: 'way in' },
    { transport: 'udp', ports: [1000, 2000], from: ['10.0.0.0/8', 'fd00::/8'], families: [4, 6] },
    { transport: 'tcp', ports: [80, 80], families: [4], device: 'eth0' },
  ],
};
const MACHINE = { hostname: 'h', system: 'linux', devices: [], routes: [] } as const;

function files(change: Readonly<Record<string, string>> = {}): Source[] {
  const written = ufw.write(INTENT).map(({ path, text }) => ({ origin: path, text }));
  return written.map((source) => ({ ...source, text: change[source.origin] ?? source.text }));
}

function without(...paths: readonly string[]): Source[] {
  return files().filter(({ origin }) => !paths.includes(origin));
}

function fates(layer: Layer, port: number, family: 4 | 6 = 4): string[] {
  const destination = family === 4 ? 0xc0000201n : 0x20010db8_00000000_00000000_00000001n;
  const parts = evaluate(
    [{ ...layer, role: 'live' }],
    {
      family,
      protocol: 6,
      source: [0n, 1n << (family === 4 ? 32n : 128n)],
      destination: [destination, destination + 1n],
      sourcePort: [0, 65_536],
      destinationPort: [port, port + 1],
      inDevice: ['eth0'],
    },
    {
      ...MACHINE,
      devices: [
        {
          name: 'eth0',
          addresses: [
            { address: '192.0.2.1', prefix: 24 },
            { address: '2001:db8::1', prefix: 64 },
          ],
          loopback: false,
          up: true,
        },
      ],
    },
  );
  return [...new Set(parts.map(({ fate }) => fate))];
}

function userRules(layer: Layer, chain = 'ufw-user-input') {
  const chains = layer.tables.flatMap((table) => table.chains);
  return chains.find(({ name }) => name === chain)?.rules ?? [];
}

describe("ufw's files", () => {
  it('are read into what an intent says', () => {
    const layer = ufw.read(files(), 'saved');
    expect(layer.unread).toEqual([]);
    expect(fates(layer, 22)).toEqual(['accept']);
    expect(fates(layer, 80)).toEqual(['accept']);
    expect(fates(layer, 80, 6)).toEqual(['drop']);
    expect(fates(layer, 23)).toEqual(['drop']);
  });

  it("give rules ufw's number, command and comment", () => {
    const layer = ufw.read(files(), 'saved');
    expect(userRules(layer).map(({ handle, text, comment }) => [handle, text, comment])).toEqual([
      ['1', 'allow in proto tcp from 0.0.0.0/0 to 0.0.0.0/0 port 22', 'way in'],
      ['2', 'allow in proto udp from 10.0.0.0/8 to 0.0.0.0/0 port 1000:2000', undefined],
      ['3', 'allow in on eth0 proto tcp from 0.0.0.0/0 to 0.0.0.0/0 port 80', undefined],
    ]);
    expect(userRules(layer, 'ufw6-user-input').map(({ handle }) => handle)).toEqual(['4', '5']);
  });

  it('are dormant while ufw is disabled', () => {
    const layer = ufw.read(files({ '/etc/ufw/ufw.conf': 'ENABLED=no\n' }), 'saved');
    expect(layer.tables.length).toBeGreaterThan(0);
    expect(layer.tables.every(({ dormant }) => dormant)).toBe(true);
    expect(fates(layer, 23)).toEqual(['accept']);
  });

  it('shut IPv6 out with IPV6=no', () => {
    const defaults = files().find(({ origin }) => origin === '/etc/default/ufw')?.text ?? '';
    const text = defaults.replace('IPV6=yes', 'IPV6=no');
    const layer = ufw.read(files({ '/etc/default/ufw': text }), 'saved');
    expect(fates(layer, 22, 6)).toEqual(['drop']);
    expect(fates(layer, 22)).toEqual(['accept']);
  });

  it.each([
    '/etc/ufw/user.rules',
    '/etc/ufw/before.rules',
    '/etc/ufw/ufw.conf',
    '/etc/default/ufw',
  ])('say nothing for sure without %s', (path) => {
    const layer = ufw.read(without(path), 'saved');
    expect(layer.unread.join()).toContain('was not read');
    expect(fates(layer, 23)).not.toContain('accept');
    expect(fates(layer, 23)).not.toEqual(['drop']);
  });

  it('are held against their tuples', () => {
    const whole = files().find(({ origin }) => origin === '/etc/ufw/user.rules')?.text ?? '';
    const text = whole.replace('--dport 22 -j ACCEPT', '--dport 23 -j ACCEPT');
    const layer = ufw.read(files({ '/etc/ufw/user.rules': text }), 'saved');
    expect(layer.unread).toEqual([
      expect.stringMatching(/^\/etc\/ufw\/user\.rules, line \d+: the tuple and the rules/),
    ]);
  });

  it('are no files of ufw when they hold something else', () => {
    const source = { origin: 'x', text: 'hello' };
    expect(ufw.recognizes(source)).toBe(false);
    expect(() => ufw.read([source], 'saved')).toThrow(/no ufw text/);
  });
});

describe('tuples', () => {
  const base: Tuple = {
    action: 'allow',
    route: false,
    log: '',
    protocol: 'tcp',
    port: '22',
    destination: '0.0.0.0/0',
    sourcePort: 'any',
    source: '10.0.0.0/8',
    application: '',
    sourceApplication: '',
    direction: 'in',
    inDevice: '',
    outDevice: '',
    comment: '',
  };

  /** Lines written by ufw 0.36.2 (Debian 12) for the command before them. */
  it.each([
    ['allow 22/tcp comment hello', 'allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in comment=68656c6c6f'],
    ['limit out on eth0 log-all …', 'limit_log-all tcp 22,23 10.0.0.0/8 any 0.0.0.0/0 out_eth0'],
    [
      'route allow in on eth0 out on eth1 …',
      'route:allow any 53 10.0.0.0/8 any 0.0.0.0/0 in_eth0!out_eth1',
    ],
    ['allow WWW Full', 'allow tcp 80,443 0.0.0.0/0 any 0.0.0.0/0 WWW%20Full - in'],
    ['allow from any app Samba …', 'allow udp any 10.0.0.0/8 137,138 0.0.0.0/0 - Samba in'],
  ])('of %s are written as they are read', (_, fields) => {
    const line = `### tuple ### ${fields}`;
    const tuple = readTuple(line);
    expect(tuple === undefined ? undefined : tupleLine(tuple)).toBe(line);
  });

  it('may lack the direction, as old files do', () => {
    const tuple = readTuple('### tuple ### allow tcp 22 0.0.0.0/0 any 10.0.0.0/8');
    expect(tuple).toEqual(base);
    const named = readTuple('### tuple ### allow tcp 22 0.0.0.0/0 any 10.0.0.0/8 SSH%20x -');
    expect(named).toEqual({ ...base, application: 'SSH x' });
  });

  it('are not made of half a line', () => {
    expect(readTuple('### tuple ### allow tcp 22 0.0.0.0/0 any')).toBeUndefined();
    expect(readTuple('### tuple ### allow tcp 22 0.0.0.0/0 any ::/0 sideways')).toBeUndefined();
  });

  it('are the lines that ufw writes', () => {
    expect(linesOf({ ...base, action: 'reject', protocol: 'any', log: 'log' }, 4)).toEqual([
      '-A ufw-user-logging-input -p tcp --dport 22 -s 10.0.0.0/8 -m conntrack --ctstate NEW -m limit --limit 3/min --limit-burst 10 -j LOG --log-prefix "[UFW BLOCK] "',
      '-A ufw-user-logging-input -p tcp --dport 22 -s 10.0.0.0/8 -j RETURN',
      '-A ufw-user-input -p tcp --dport 22 -s 10.0.0.0/8 -j ufw-user-logging-input',
      '-A ufw-user-input -p tcp --dport 22 -s 10.0.0.0/8 -j REJECT --reject-with tcp-reset',
      '-A ufw-user-logging-input -p udp --dport 22 -s 10.0.0.0/8 -m conntrack --ctstate NEW -m limit --limit 3/min --limit-burst 10 -j LOG --log-prefix "[UFW BLOCK] "',
      '-A ufw-user-logging-input -p udp --dport 22 -s 10.0.0.0/8 -j RETURN',
      '-A ufw-user-input -p udp --dport 22 -s 10.0.0.0/8 -j ufw-user-logging-input',
      '-A ufw-user-input -p udp --dport 22 -s 10.0.0.0/8 -j REJECT',
    ]);
  });

  it('are the command that makes them', () => {
    const tuple = { ...base, route: true, inDevice: 'eth0', outDevice: 'eth1' };
    expect(commandWords(tuple).join(' ')).toBe(
      'route allow in on eth0 out on eth1 proto tcp from 10.0.0.0/8 to 0.0.0.0/0 port 22',
    );
  });
});

describe('a change', () => {
  const closing: Change = { transport: 'tcp', port: 22, families: [4, 6], reason: 'a test' };
  const layers = [ufw.read(files(), 'saved')];

  it('differs from the rules that are there, for ufw would do nothing', () => {
    const { apply, undo } = ufw.change(closing, layers);
    expect(apply.map(({ argv }) => argv.join(' '))).toEqual([
      'ufw prepend deny in proto tcp from 0.0.0.0/0 to 0.0.0.0/1 port 22 comment postern: a test',
      'ufw prepend deny in proto tcp from 0.0.0.0/0 to 128.0.0.0/1 port 22 comment postern: a test',
      'ufw prepend deny in proto tcp from ::/0 to ::/1 port 22 comment postern: a test',
      'ufw prepend deny in proto tcp from ::/0 to 8000::/1 port 22 comment postern: a test',
    ]);
    expect(undo.at(-1)?.argv.join(' ')).toBe(
      'ufw delete deny in proto tcp from 0.0.0.0/0 to 0.0.0.0/1 port 22',
    );
  });

  it.each([
    ['of a port handed on', { forwarded: { address: '172.17.0.2', port: 80 } }, /DOCKER-USER/],
    [
      'for a country',
      { only: Array.from({ length: 200 }, (_, at) => `10.${at}.0.0/17`) },
      /--kind nftables/,
    ],
    ['for words', { only: ['nobody'] }, /"nobody" is no network/],
  ])('is refused %s', (_, part, reason) => {
    expect(() => ufw.change({ ...closing, ...part }, layers)).toThrow(reason);
  });

  it('is refused where ufw is off, or was not read', () => {
    const off = ufw.read(files({ '/etc/ufw/ufw.conf': 'ENABLED=no\n' }), 'saved');
    expect(() => ufw.change(closing, [off])).toThrow(/ufw is disabled/);
    expect(() => ufw.change(closing, [])).toThrow(/not read/);
    const part = ufw.read(without('/etc/ufw/user6.rules'), 'saved');
    expect(() => ufw.change(closing, [part])).toThrow(/user6\.rules was not read/);
  });
});

describe('a text cut short', () => {
  const all = files();

  it('never lets more in', () => {
    fc.assert(
      fc.property(fc.constantFrom(...all), fc.nat(), (whole, at) => {
        const text = whole.text.slice(0, at % whole.text.trimEnd().length);
        const sources = all.map((source) => (source === whole ? { ...whole, text } : source));
        const found = readOrFault(ufw, sources, 'saved');
        expect(found instanceof PosternError ? [] : fates(found, 23)).not.toContain('accept');
      }),
    );
  });
});
