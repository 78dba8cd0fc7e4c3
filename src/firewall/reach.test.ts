import { describe, expect, it } from 'vitest';
import { DOCKER_UFW } from './docker-ufw.test-helper.ts';
import type { Layer } from './layer.ts';
import {
  accept,
  drop,
  from,
  HOST,
  input,
  NOWHERE,
  name,
  number,
  rule,
  tcp,
  to,
  unclear,
} from './layers.test-helper.ts';
import { openPorts, reachability } from './reach.ts';

const ask = (layers: readonly Layer[], port = 22, family: 4 | 6 = 4, machine = HOST) =>
  reachability(layers, { family, transport: 'tcp', port }, machine);

describe('reachability', () => {
  it('says anyone, in one part, by the rule that lets them in', () => {
    const { reach, parts } = ask([input('drop', rule('ssh', ...tcp(22), accept))]);
    expect(reach).toBe('anyone');
    expect(parts).toEqual([
      {
        fate: 'accept',
        from: ['0.0.0.0/0'],
        conditions: [],
        decisions: [
          {
            layer: 'nftables',
            origin: 'nft',
            table: 'filter',
            chain: 'input',
            rule: { text: 'ssh' },
            fate: 'accept',
          },
        ],
      },
    ]);
  });

  it('says nobody when all is dropped', () => {
    const { reach, parts } = ask([input('drop')], 22, 6);
    expect(reach).toBe('nobody');
    expect(parts.map(({ fate, from: blocks }) => [fate, blocks])).toEqual([['drop', ['::/0']]]);
  });

  it('tells networks and devices apart', () => {
    const networks = ask([input('drop', rule('n', from('10.0.0.0/8'), ...tcp(22), accept))]);
    expect(networks.reach).toBe('networks');
    expect(networks.parts[0]?.from).toEqual(['10.0.0.0/8']);
    const devices = ask([input('drop', rule('d', name('in-device', 'docker0'), accept))]);
    expect(devices.reach).toBe('devices');
    expect(devices.parts[0]).toMatchObject({ fate: 'accept', devices: ['docker0'] });
  });

  it('does not take a dropped impossible source for a restriction', () => {
    const layers = [input('accept', rule('martian', from('224.0.0.0/4'), drop))];
    expect(ask(layers).reach).toBe('anyone');
  });

  it('says unknown when somebody may get through', () => {
    expect(ask([input('drop', rule('?', from('10.0.0.0/8'), unclear, accept))]).reach).toBe(
      'unknown',
    );
  });

  it('puts what else must hold into words', () => {
    const layers = [
      input(
        'drop',
        rule('dns', number('source-port', 53), ...tcp(22), accept),
        rule('docker', to('172.17.0.1'), { test: 'limit', over: false, text: '3/second' }, accept),
      ),
    ];
    const accepted = ask(layers).parts.filter(({ fate }) => fate === 'accept');
    expect(accepted.map(({ conditions }) => conditions)).toEqual([
      ['from source port 53'],
      ['at most 3/second', 'to 172.17.0.1', 'from source port 0-52, 54-65535'],
    ]);
  });

  it('asks only about the addresses and the device that a socket has', () => {
    const layers = [input('drop', rule('docker', to('172.17.0.1'), accept))];
    const one = { family: 4, transport: 'tcp', port: 22, destinations: ['192.0.2.10'] } as const;
    expect(reachability(layers, one, HOST).reach).toBe('nobody');
    const tied = { family: 4, transport: 'tcp', port: 22, device: 'docker0' } as const;
    const byDevice = [input('drop', rule('d', name('in-device', 'docker0'), accept))];
    expect(reachability(byDevice, tied, HOST).reach).toBe('anyone');
  });

  it('sees a published container port past ufw, and where it goes', () => {
    const { reach, parts } = ask([DOCKER_UFW], 8080);
    expect(reach).toBe('anyone');
    const open = parts.filter(({ fate }) => fate === 'accept');
    expect(open).toMatchObject([
      {
        from: ['0.0.0.0/0'],
        devices: ['any other device', 'eth0'],
        translated: '172.17.0.2:80',
        decisions: [{ chain: 'DOCKER' }],
      },
    ]);
    expect(ask([DOCKER_UFW], 80).reach).toBe('nobody');
    expect(ask([DOCKER_UFW], 22).reach).toBe('anyone');
  });

  it('asks for the devices that rules name when it reads a file only', () => {
    const layers = [input('drop', rule('d', name('in-device', 'ens3'), ...tcp(22), accept))];
    expect(ask(layers, 22, 4, NOWHERE)).toMatchObject({
      reach: 'devices',
      parts: [{ devices: ['ens3'] }, { devices: ['any other device'] }],
    });
  });
});

describe('openPorts', () => {
  it('puts ports with one answer into one class', () => {
    const layers = [
      input('drop', rule('web', ...tcp(80, 443), accept), rule('ssh', ...tcp(22), accept)),
    ];
    const classes = openPorts(layers, HOST, 'tcp', 4);
    expect(classes.map(({ ports, reach }) => [ports, reach])).toEqual([
      [[0, 22, 23, 80, 81, 443, 444, 65_536], 'nobody'],
      [[22, 23], 'anyone'],
      [[80, 81, 443, 444], 'anyone'],
    ]);
  });

  it('says of each port what reachability says', () => {
    for (const { ports, reach, parts } of openPorts([DOCKER_UFW], HOST, 'tcp', 4)) {
      const port = ports[0] ?? 0;
      expect(ask([DOCKER_UFW], port)).toMatchObject({ reach, parts });
    }
  });
});
