import { describe, expect, test } from 'vitest';
import type { Listener } from '../model/listener.ts';
import { adviceFor, SERVICES, serviceFixes } from './at-service.ts';

const LISTENER: Listener = {
  transport: 'tcp',
  bind: '0.0.0.0',
  families: [4],
  scope: 'all',
  port: 6379,
  namespace: 'host',
  program: 'redis-server',
  unit: 'redis-server.service',
  unseen: [],
};
const REDIS = { transport: 'tcp', port: 6379 } as const;
const listening = (part: Partial<Listener>) => ({
  listeners: [{ ...LISTENER, ...part }],
  publications: [],
});

describe('the table', () => {
  test('names every program once', () => {
    const names = SERVICES.flatMap(({ programs }) => programs);
    expect(new Set(names).size).toBe(names.length);
    expect(SERVICES.length).toBeGreaterThan(80);
  });

  test.each(SERVICES.map((service) => [service.programs[0], service] as const))(
    '%s: says where the setting stands and where it is from',
    (_, { bind, units, source }) => {
      expect(bind !== undefined || units.length > 0).toBe(true);
      expect(source).toMatch(/^(?:https?:\/\/|[\w.-]+\(\d\)$)/);
      for (const unit of units) expect(unit).toMatch(/\.(?:service|socket|path)$/);
      // a socket that stays starts its service again
      const firstService = units.findIndex((unit) => unit.endsWith('.service'));
      const lastSocket = units.findLastIndex((unit) => unit.endsWith('.socket'));
      if (firstService !== -1) expect(lastSocket).toBeLessThan(firstService);
      const left = bind?.lines.join('\n').replaceAll(/\{(?:address|port)\}/g, '') ?? '';
      expect(left).not.toMatch(/\{\w+\}/);
    },
  );
});

describe('the fix at the service', () => {
  test('is a bind address, then to switch it off', () => {
    const fixes = serviceFixes(REDIS, listening({}), '127.0.0.1');
    expect(fixes).toMatchObject([
      {
        how: 'bind',
        file: '/etc/redis/redis.conf',
        lines: ['bind 127.0.0.1', 'protected-mode yes'],
      },
      { how: 'disable', lines: ['systemctl disable --now redis-server.service'] },
    ]);
  });

  test('takes the sockets of a unit along', () => {
    const [, off] = serviceFixes(
      { transport: 'tcp', port: 631 },
      listening({ port: 631, program: 'cupsd', unit: 'cups.service' }),
      '127.0.0.1',
    );
    expect(off?.lines).toEqual(['systemctl disable --now cups.socket cups.service']);
  });

  test('writes an IPv6 address before a port in brackets', () => {
    const [bind] = serviceFixes(
      { transport: 'tcp', port: 9090 },
      listening({ port: 9090, program: 'prometheus', unit: 'prometheus.service' }),
      'fd00::1',
    );
    expect(bind?.lines).toEqual(['ARGS="--web.listen-address=[fd00::1]:9090"']);
  });

  test('is told by the unit where the program is an interpreter', () => {
    const elastic = { ...LISTENER, program: 'java', unit: 'elasticsearch.service' };
    expect(adviceFor(elastic)?.programs[0]).toBe('elasticsearch');
    const postgres = { ...LISTENER, program: 'postgres', unit: 'postgresql@15-main.service' };
    expect(adviceFor(postgres)?.programs[0]).toBe('postgres');
  });

  test('is not to bind where it may answer nowhere in particular', () => {
    const fixes = serviceFixes(REDIS, listening({}), undefined);
    expect(fixes.map(({ how }) => how)).toEqual(['disable']);
  });

  test('of a program nobody knows is none, unless it has a unit', () => {
    const { unit: _, ...bare } = { ...LISTENER, program: 'homemade' };
    const none = serviceFixes(REDIS, { listeners: [bare], publications: [] }, '127.0.0.1');
    expect(none).toEqual([]);
    const [off] = serviceFixes(
      REDIS,
      listening({ program: 'homemade', unit: 'my app.service' }),
      '127.0.0.1',
    );
    expect(off?.lines).toEqual(["systemctl disable --now 'my app.service'"]);
  });

  test('leaves alone what listens on the loopback, or elsewhere', () => {
    expect(serviceFixes(REDIS, listening({ scope: 'loopback' }), '127.0.0.1')).toEqual([]);
    expect(serviceFixes(REDIS, listening({ transport: 'udp' }), '127.0.0.1')).toEqual([]);
    expect(serviceFixes(REDIS, listening({ port: 6380 }), '127.0.0.1')).toEqual([]);
  });

  test('of a container is to publish its port on one address', () => {
    const publication = {
      transport: 'udp',
      bind: '0.0.0.0',
      port: 5353,
      container: { runtime: 'docker', name: 'dns' },
      containerPort: 53,
    } as const;
    const [fix] = serviceFixes(
      { transport: 'udp', port: 5353 },
      { listeners: [], publications: [publication] },
      '127.0.0.1',
    );
    expect(fix).toMatchObject({
      how: 'unpublish',
      lines: ['docker run -p 127.0.0.1:5353:53/udp …', expect.stringContaining('compose.yaml')],
    });
  });
});
