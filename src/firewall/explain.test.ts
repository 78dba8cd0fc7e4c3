import { describe, expect, it } from 'vitest';
import { DOCKER_UFW } from './docker-ufw.test-helper.ts';
import { explain, explainLines } from './explain.ts';
import {
  accept,
  drop,
  from,
  HOST,
  input,
  network,
  rule,
  tcp,
  toPort,
} from './layers.test-helper.ts';

const one = (port: number) => ({
  ...toPort(port),
  source: network('203.0.113.5').ranges,
  sourcePort: [50_000, 50_001],
});

describe('explain', () => {
  it('walks one packet rule by rule to its fate', () => {
    const question = one(8080);
    expect(explainLines(explain([DOCKER_UFW], question, HOST), question)).toEqual([
      'iptables (iptables-save)',
      '  chain nat PREROUTING',
      '    holds  -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER → jump DOCKER',
      '    chain nat DOCKER',
      '      no     -A DOCKER -i docker0 -j RETURN',
      '      holds  -A DOCKER ! -i docker0 -p tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80 → dnat',
      '  chain filter FORWARD',
      '    holds  -A FORWARD -o docker0 -j DOCKER → jump DOCKER',
      '    chain filter DOCKER',
      '      holds  -A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT → accept',
      'accept: from 203.0.113.5/32 on eth0',
      '  accept by iptables (iptables-save), filter DOCKER: -A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT',
    ]);
  });

  it('goes back from a chain and tells the policy', () => {
    const question = one(23);
    const lines = explainLines(explain([DOCKER_UFW], question, HOST), question);
    expect(lines.slice(-6)).toEqual([
      '    chain filter ufw-user-input',
      '      no     -A ufw-user-input -p tcp -m tcp --dport 22 -j ACCEPT',
      '    back from ufw-user-input',
      '    policy drop',
      'drop: from 203.0.113.5/32 on eth0',
      '  drop by iptables (iptables-save), filter INPUT: policy',
    ]);
  });

  it('says which part of a set of packets a rule takes', () => {
    const layers = [input('drop', rule('lan', from('10.0.0.0/8'), ...tcp(22), accept))];
    const { steps, parts } = explain(layers, toPort(22), HOST);
    expect(steps.map(({ event, did }) => [event, did])).toEqual([
      ['enter', undefined],
      ['part', 'accept'],
      ['policy', 'drop'],
    ]);
    expect(parts.map(({ fate }) => fate).sort()).toEqual(['accept', 'drop']);
  });

  it('counts a long row of rules that do not hold', () => {
    const many = Array.from({ length: 100 }, (_, at) => rule(`r${at}`, ...tcp(1000 + at), drop));
    const question = one(22);
    const lines = explainLines(explain([input('accept', ...many)], question, HOST), question);
    expect(lines).toContain('    no     100 rules do not hold (-v lists them)');
    expect(lines).toHaveLength(6);
  });
});
