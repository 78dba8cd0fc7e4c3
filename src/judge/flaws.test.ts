import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FLAW_IDS, type FlawId } from '../model/firewall-flaw.ts';
import { FLAWS } from '../model/flaws.ts';
import { NO_POLICY } from '../model/policy.ts';
import { SEVERITIES } from '../model/verdict.ts';
import { judgeFlaws } from './flaws.ts';

const flaw = (id: FlawId) => ({
  ...{ id, severity: FLAWS[id].severity, layer: 'nftables', origin: 'nft', why: 'Why.' },
  ...{ todo: 'What.', evidence: [] },
});

describe('flaws of a firewall', () => {
  it('have the severity of the policy, worst first, and are gone when it switches them off', () => {
    const flaws = [
      flaw('firewall.ipv6-open'),
      flaw('firewall.not-saved'),
      flaw('firewall.no-listener'),
    ];
    const severities = {
      'firewall.ipv6-open': 'off',
      'firewall.no-listener': 'critical',
    } as const;
    expect(
      judgeFlaws(flaws, { ...NO_POLICY, severities }).map(({ id, severity }) => [id, severity]),
    ).toEqual([
      ['firewall.no-listener', 'critical'],
      ['firewall.not-saved', 'medium'],
    ]);
  });

  it('have words for each id, in its order', () => {
    expect(Object.keys(FLAWS)).toEqual(FLAW_IDS);
  });

  it.each(FLAW_IDS)('%s has them all', (id) => {
    const { title, severity, sees, matters, todo } = FLAWS[id];
    expect(id).toMatch(/^firewall\.[a-z0-9-]+$/);
    expect(title).not.toMatch(/\.$/);
    expect(SEVERITIES).toContain(severity);
    for (const text of [sees, matters, todo]) expect(text).toMatch(/^\S.{5,}[.)]$/s);
  });

  it.each(FLAW_IDS)('%s is what a check tells', (id) => {
    const files = ['answers', 'central-and-host', 'default-accept', 'docker-bypass', 'ipv6-open'];
    const more = ['legacy-and-nft', 'merged-values', 'no-listener', 'none-active', 'not-saved'];
    const source = [...files, ...more, 'shadowed-rule', 'wide-source']
      .map((name) => readFileSync(new URL(`../firewall/lint/${name}.ts`, import.meta.url), 'utf8'))
      .join('');
    expect(source).toContain(`'${id}'`);
  });
});
