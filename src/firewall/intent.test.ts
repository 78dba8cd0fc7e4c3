import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sameAnswers } from './compare.ts';
import { DOCKER_UFW } from './docker-ufw.test-helper.ts';
import { intentLayer, intentOf, writableIn } from './intent.ts';
import type { Allowance } from './kind.ts';
import {
  accept,
  from,
  HOST,
  input,
  name,
  number,
  protocol,
  rule,
  tcp,
  to,
  unclear,
} from './layers.test-helper.ts';

describe('intentOf', () => {
  it('reads allowances off the answers', () => {
    const layers = [
      input(
        'drop',
        rule('ssh', from('10.0.0.0/8'), ...tcp(22), accept),
        rule('web', ...tcp(80, 81, 443), accept),
        rule('docker', name('in-device', 'docker0'), ...tcp(5000), accept),
      ),
    ];
    expect(intentOf(layers, HOST)).toEqual({
      intent: {
        allow: [
          { transport: 'tcp', ports: [22, 22], from: ['10.0.0.0/8'], families: [4] },
          { transport: 'tcp', ports: [80, 81], families: [4, 6] },
          { transport: 'tcp', ports: [443, 443], families: [4, 6] },
          { transport: 'tcp', ports: [5000, 5000], families: [4, 6], device: 'docker0' },
        ],
      },
      lost: [],
    });
  });

  it('says what it has no words for, and leaves it closed', () => {
    const limited = { test: 'limit', over: false, text: '3/minute' } as const;
    const layers = [
      input(
        'drop',
        rule('limit', { test: 'family', family: 4 }, ...tcp(22), limited, accept),
        rule('dns', { test: 'family', family: 4 }, number('source-port', 53), ...tcp(53), accept),
        rule('one', to('192.0.2.10'), ...tcp(80), accept),
        rule('?', { test: 'family', family: 4 }, ...tcp(99), unclear, accept),
      ),
    ];
    const { intent, lost } = intentOf(layers, HOST);
    expect(intent.allow).toEqual([{ transport: 'tcp', ports: [22, 22], families: [4] }]);
    expect([...lost].sort()).toEqual([
      'tcp 22 over IPv4 is allowed at most 3/minute',
      'tcp 53 over IPv4 depends on the source port; left out',
      'tcp 80 over IPv4 is allowed for some addresses of the host only; left out',
      'tcp 99 over IPv4 is not known to be allowed; left out',
    ]);
    expect(intentOf([DOCKER_UFW], HOST).lost).toContain(
      'tcp 8080 over IPv4 is handed on elsewhere; left out',
    );
  });

  it('says which other protocols it leaves out', () => {
    const four = { test: 'family', family: 4 } as const;
    const layers = [
      input('drop', rule('gre', four, protocol(47), accept), rule('ssh', ...tcp(22), accept)),
    ];
    expect(intentOf(layers, HOST).lost).toEqual(['IP protocol 47 over IPv4 is allowed; left out']);
    const inner = [input('drop', rule('inner', from('10.0.0.0/8'), accept))];
    expect(intentOf(inner, HOST).lost).toEqual([
      'every IP protocol but TCP, UDP, ICMP and those named over IPv4 is allowed; left out',
    ]);
  });

  it('leaves out what a kind without devices cannot say', () => {
    const layers = [
      input(
        'drop',
        rule('web', ...tcp(80), accept),
        rule('db', name('in-device', 'docker0'), ...tcp(5000, 6000), accept),
      ),
    ];
    const derived = intentOf(layers, HOST);
    expect(writableIn('pf', derived)).toEqual(derived);
    expect(writableIn('aws', derived)).toEqual({
      intent: { allow: [{ transport: 'tcp', ports: [80, 80], families: [4, 6] }] },
      lost: [
        'tcp 5000, 6000 is allowed on docker0 only, and aws knows no devices of the host; left out',
      ],
    });
  });

  it('comes back from the layer that is made of it', () => {
    const port = fc.integer({ min: 1, max: 65_535 });
    const allowances: fc.Arbitrary<Allowance> = fc
      .record({
        transport: fc.constantFrom('tcp' as const, 'udp' as const),
        ports: fc.tuple(port, port).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const),
        families: fc.constantFrom([4] as const, [6] as const, [4, 6] as const),
        from: fc.option(
          fc.subarray(['10.0.0.0/8', '192.0.2.0/25', '2001:db8::/40'], { minLength: 1 }),
        ),
        device: fc.option(fc.constantFrom('eth0', 'docker0')),
      })
      .map(({ from: blocks, device, ...rest }) => ({
        ...rest,
        ...(blocks === null ? {} : { from: blocks }),
        ...(device === null ? {} : { device }),
      }));
    fc.assert(
      fc.property(fc.array(allowances, { maxLength: 5 }), (allow) => {
        const layer = intentLayer({ allow });
        const { intent, lost } = intentOf([layer], HOST);
        expect(lost).toEqual([]);
        expect(sameAnswers([layer], [intentLayer(intent)], HOST)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});
