import { describe, expect, it } from 'vitest';
import { evaluate } from './evaluate.ts';
import type { Action, Chain, Layer, Rule } from './layer.ts';
import {
  accept,
  ask,
  back,
  base,
  chain,
  drop,
  from,
  goTo,
  HOST,
  hook,
  input,
  jump,
  layer,
  NOWHERE,
  name,
  network,
  number,
  reject,
  rule,
  table,
  tcp,
  toPort,
  unclear,
} from './layers.test-helper.ts';

const inet = (...chains: readonly Chain[]) => layer(table('inet', ...chains));

describe('the order of rules and chains', () => {
  it('takes the first rule that decides, else the policy', () => {
    const layers = [input('drop', rule('ssh', ...tcp(22), accept), rule('no', ...tcp(22), drop))];
    expect(ask(layers)).toEqual(['accept']);
    expect(ask(layers, toPort(23))).toEqual(['drop']);
  });

  it('names the rule or the policy that decided', () => {
    const layers = [input('drop', { ...rule('ssh', ...tcp(22), accept), handle: '4' })];
    const decided = (port: number) => evaluate(layers, toPort(port), HOST)[0]?.decisions;
    const place = { layer: 'nftables', origin: 'nft', table: 'filter', chain: 'input' };
    expect(decided(22)).toEqual([{ ...place, rule: { handle: '4', text: 'ssh' }, fate: 'accept' }]);
    expect(decided(23)).toEqual([{ ...place, fate: 'drop' }]);
  });

  it('splits the sources of a rule off, exactly', () => {
    const layers = [input('drop', rule('net', from('10.0.0.0/8'), ...tcp(22), accept))];
    const parts = evaluate(layers, toPort(22), HOST);
    const accepted = parts.find(({ fate }) => fate === 'accept');
    expect(accepted?.source).toEqual(network('10.0.0.0/8').ranges);
    expect(parts).toHaveLength(2);
  });

  it('lets a later base chain drop what an earlier one accepted, by priority', () => {
    const late = base('late', hook('input', 10), 'accept', rule('no', drop));
    const early = base('early', hook('input', -10), 'accept', rule('yes', accept));
    expect(ask([inet(late, early)])).toEqual(['drop']);
  });

  it('returns from a jump, and from a goto to the caller of the caller', () => {
    const chains = (action: Rule['steps'][number]) => [
      base('input', hook('input'), 'drop', rule('a', jump('middle')), rule('z', accept)),
      chain('middle', rule('b', action), rule('c', reject)),
      chain('last', rule('d', back)),
    ];
    expect(ask([inet(...chains(jump('last')))])).toEqual(['reject']);
    expect(ask([inet(...chains(goTo('last')))])).toEqual(['accept']);
  });

  it('applies the policy of the base chain at the end of a goto and at a return', () => {
    const gone = [
      base('input', hook('input'), 'drop', rule('a', goTo('other')), rule('z', accept)),
      { ...chain('other'), policy: 'accept' as const },
    ];
    expect(ask([inet(...gone)])).toEqual(['drop']);
    const left = base('input', hook('input'), 'drop', rule('a', back), rule('z', accept));
    expect(ask([inet(left)])).toEqual(['drop']);
  });

  it('names the rule that may accept where what comes after it closes', () => {
    const layers = [input('drop', rule('?', ...tcp(22), unclear, accept), rule('no', reject))];
    const [part] = evaluate(layers, toPort(22), HOST);
    expect(part).toMatchObject({ fate: 'unknown', decisions: [{ rule: { text: '?' } }] });
  });

  it('calls a loop and a chain that is not there unknown', () => {
    const loop = [
      base('input', hook('input'), 'accept', rule('a', jump('one'))),
      chain('one', rule('b', jump('two'))),
      chain('two', rule('c', goTo('one'))),
    ];
    expect(ask([inet(...loop)])).toEqual(['unknown']);
    expect(ask([input('accept', rule('a', jump('nowhere')))])).toEqual(['unknown']);
  });

  it('takes the fitting row of a verdict map and goes on where none fits', () => {
    const rows = [
      { key: [{ numbers: [22, 23] }], action: jump('ssh') },
      { key: [{ numbers: [80, 81] }], action: accept },
    ];
    const layers = [
      inet(
        base(
          'input',
          hook('input'),
          'drop',
          rule('vmap', { do: 'map', fields: ['destination-port'], rows }),
          rule('no', reject),
        ),
        chain('ssh', rule('lan', from('10.0.0.0/8'), accept)),
      ),
    ];
    expect(ask(layers)).toEqual(['accept', 'reject']);
    expect(ask(layers, toPort(80))).toEqual(['accept']);
    expect(ask(layers, toPort(81))).toEqual(['reject']);
  });
});

describe('marks, states and rates', () => {
  it('carries a mark on, also through the connection', () => {
    const layers = [
      inet(
        base(
          'mangle',
          hook('prerouting', -150),
          'accept',
          rule('set', ...tcp(22), { do: 'set-mark', field: 'mark', and: 0, xor: 5 }),
          rule('save', { do: 'copy-mark', to: 'connection-mark' }),
          rule('clear', { do: 'set-mark', field: 'mark', and: 0, xor: 0 }),
        ),
        base('input', hook('input'), 'drop', rule('m', number('connection-mark', 5), accept)),
      ),
    ];
    expect(ask(layers)).toEqual(['accept']);
    expect(ask(layers, toPort(23))).toEqual(['drop']);
  });

  it('sees no connection before tracking, and none after notrack', () => {
    const raw = (...rules: readonly Rule[]) =>
      inet(
        base('raw', hook('prerouting', -300), 'accept', ...rules),
        base('input', hook('input'), 'drop', rule('new', name('state', 'new'), accept)),
      );
    expect(ask([raw(rule('new', name('state', 'new'), drop))])).toEqual(['accept']);
    expect(ask([raw(rule('bad', name('state', 'invalid'), drop))])).toEqual(['drop']);
    expect(ask([raw(rule('notrack', { do: 'notrack' }))])).toEqual(['drop']);
  });

  it('lets a first packet through a rate and says so', () => {
    const below = rule(
      'limit',
      ...tcp(22),
      { test: 'limit', over: false, text: '10/minute' },
      accept,
    );
    const above = rule('over', ...tcp(22), { test: 'limit', over: true, text: '10/minute' }, drop);
    for (const layers of [[input('drop', below)], [input('accept', above)]]) {
      const parts = evaluate(layers, toPort(22), HOST);
      expect(parts.map(({ fate, conditions }) => [fate, conditions])).toEqual([
        ['accept', ['at most 10/minute']],
      ]);
      expect(evaluate(layers, toPort(23), HOST)[0]?.conditions).toEqual([]);
    }
  });

  it('does not say the rate of a rule that only logs', () => {
    const log = rule('log', { test: 'limit', over: false, text: '3/minute' });
    const parts = evaluate([input('accept', log, rule('in', jump('logs')))], toPort(22), HOST);
    expect(parts[0]?.conditions).toEqual([]);
  });
});

describe('what is not understood', () => {
  it('makes the answer unknown when it would make a difference', () => {
    expect(ask([input('accept', rule('?', unclear, drop))])).toEqual(['unknown']);
    expect(ask([input('drop', rule('?', unclear, accept))])).toEqual(['unknown']);
    expect(ask([input('drop', rule('?', unclear, drop))])).toEqual(['drop']);
    expect(ask([input('drop', rule('?', unclear, reject))])).toEqual(['drop']);
    expect(ask([input('accept', rule('?', unclear, accept))])).toEqual(['accept']);
    expect(ask([input('accept', rule('?', { do: 'opaque', text: '?' }))])).toEqual(['unknown']);
  });

  it('takes what such a rule accepts into the next base chain', () => {
    const maybe = base('a', hook('input', 0), 'drop', rule('?', unclear, accept));
    const no = base('b', hook('input', 1), 'accept', rule('no', drop));
    expect(ask([inet(maybe, no)])).toEqual(['drop']);
  });

  it('walks a chain that may be entered, both ways', () => {
    const layers = (...inside: readonly Rule[]) => [
      inet(
        base('input', hook('input'), 'drop', rule('?', unclear, jump('c')), rule('z', accept)),
        chain('c', ...inside),
      ),
    ];
    expect(ask(layers(rule('a', accept)))).toEqual(['accept']);
    expect(ask(layers(rule('a', drop)))).toEqual(['unknown']);
    expect(ask(layers(rule('a', ...tcp(99), drop)))).toEqual(['accept']);
    expect(ask(layers(rule('a', unclear, back), rule('b', drop)))).toEqual(['unknown']);
  });

  it('does not double the ways with each such rule', () => {
    const many = Array.from({ length: 2000 }, (_, at) => rule(`${at}`, unclear, jump('c')));
    const layers = [
      inet(
        base('input', hook('input'), 'drop', ...many, rule('z', accept)),
        chain('c', rule('a', unclear, back), rule('b', ...tcp(22), accept)),
      ),
    ];
    expect(ask(layers)).toEqual(['accept']);
  });

  it('gives up on chains that lead into each other without end, and says unknown', () => {
    const levels = Array.from({ length: 15 }, (_, at) =>
      chain(
        `c${at}`,
        ...Array.from({ length: 10 }, (_unused, index) =>
          rule(`${at} ${index}`, jump(`c${at + 1}`)),
        ),
      ),
    );
    const start = base('input', hook('input'), 'accept', rule('go', jump('c0')));
    expect(ask([inet(start, ...levels, chain('c15'))])).toEqual(['unknown']);
  });

  it('names the rule that makes it unknown', () => {
    const [part] = evaluate([input('accept', rule('?', unclear, drop))], toPort(22), HOST);
    expect(part?.decisions).toEqual([
      {
        layer: 'nftables',
        origin: 'nft',
        table: 'filter',
        chain: 'input',
        rule: { text: '?' },
        fate: 'unknown',
      },
    ]);
  });

  it('never accepts past a layer that could not be read', () => {
    const unread = (one: Layer): Layer => ({ ...one, unread: ['user.rules: permission denied'] });
    expect(ask([unread(input('accept'))])).toEqual(['unknown']);
    expect(ask([unread(input('drop'))])).toEqual(['drop']);
    expect(ask([unread(layer()), input('accept')])).toEqual(['unknown']);
  });

  it('forgets a doubt when a layer after it drops for certain', () => {
    const aws: Layer = {
      ...input('accept', rule('?', unclear, drop)),
      kind: 'aws',
      role: 'central',
    };
    expect(ask([input('drop'), aws])).toEqual(['drop']);
    expect(ask([input('accept'), aws])).toEqual(['unknown']);
  });
});

describe('translation', () => {
  const nat = (...rules: readonly Rule[]) =>
    base('nat', hook('prerouting', -100, 'nat'), 'accept', ...rules);
  const dnat = (to: string, ...ports: readonly number[]): Action => ({
    do: 'dnat',
    to: network(to),
    ...(ports.length === 0 ? {} : { ports }),
  });

  it('goes by the new destination, and lets tests see the old one', () => {
    const layers = [
      inet(
        nat(rule('web', ...tcp(8080), dnat('172.17.0.2', 80, 81))),
        base('input', hook('input'), 'accept'),
        base(
          'forward',
          hook('forward'),
          'drop',
          rule(
            'in',
            name('out-device', 'docker0'),
            name('status', 'dnat'),
            number('original-port', 8080),
            ...tcp(80),
            accept,
          ),
        ),
      ),
    ];
    const [part] = evaluate(layers, toPort(8080), HOST);
    expect(part).toMatchObject({
      fate: 'accept',
      path: 'forward',
      destinationPort: [8080, 8081],
      translated: { address: network('172.17.0.2').ranges, port: [80, 81] },
    });
    expect(ask(layers, toPort(80))).toEqual(['accept']);
    expect(evaluate(layers, toPort(80), HOST)[0]?.path).toBe('input');
  });

  it('takes the first rule that translates and passes over later NAT chains', () => {
    const layers = [
      inet(
        nat(rule('one', ...tcp(22), { do: 'redirect', ports: [2222, 2223] })),
        { ...nat(rule('two', ...tcp(2222), drop)), name: 'later' },
        base('input', hook('input'), 'drop', rule('in', ...tcp(2222), accept)),
      ),
    ];
    expect(ask(layers)).toEqual(['accept']);
    expect(ask(layers, toPort(2222))).toEqual(['drop']);
    expect(ask(layers, { ...toPort(22), state: 'established' })).toEqual(['drop']);
  });

  it('cannot say which of several new ports is taken', () => {
    const layers = (...open: readonly number[]) => [
      inet(
        nat(rule('some', ...tcp(22), dnat('192.0.2.10', 80, 82))),
        base('input', hook('input'), 'drop', rule('in', ...tcp(...open), accept)),
      ),
    ];
    expect(ask(layers(80, 81))).toEqual(['accept']);
    expect(ask(layers(80))).toEqual(['unknown']);
    expect(ask(layers(82))).toEqual(['drop']);
  });
});

describe('who is asked', () => {
  it('asks saved layers only where no live one is', () => {
    const saved: Layer = { ...input('drop'), role: 'saved' };
    expect(ask([saved])).toEqual(['drop']);
    expect(ask([saved, input('accept')])).toEqual(['accept']);
  });

  it('leaves out dormant tables, other families and bridges', () => {
    const dropping = base('input', hook('input'), 'drop');
    const dormant = { ...table('inet', dropping), dormant: true };
    const others = [dormant, table('ip6', dropping), table('bridge', dropping)];
    expect(ask([layer(...others)])).toEqual(['accept']);
    expect(ask([layer(...others)], toPort(22, 6))).toEqual(['drop']);
  });

  it('asks an ingress chain for its own devices only', () => {
    const ingress = (device: string) => ({
      name: 'in',
      hook: { ...hook('ingress'), devices: [device] },
      policy: 'drop' as const,
      rules: [],
    });
    expect(ask([layer(table('netdev', ingress('eth0')))])).toEqual(['drop']);
    expect(ask([layer(table('netdev', ingress('eth1')))])).toEqual(['accept']);
  });

  it('takes every destination for its own when it knows no addresses', () => {
    expect(ask([input('drop')], toPort(22), NOWHERE)).toEqual(['drop']);
  });
});
