import { anyNetworkHas, type Network, readNetwork } from '../model/network.ts';
import type { Expectation, Policy } from '../model/policy.ts';
import { type Host, type HostTest, hostTest } from './hosts.ts';

interface ReadExpectation extends Expectation {
  readonly networks: readonly Network[];
}

interface ReadRule {
  readonly tests: readonly HostTest[];
  readonly expect: readonly ReadExpectation[];
  readonly only: boolean;
}

/** What a policy says about one port of one host. */
export interface PolicyView {
  /** Expectations of the port, in the order of the policy. */
  readonly expect: readonly ReadExpectation[];
  /** Some rule of the host wants nothing open that is not expected. */
  readonly only: boolean;
}

/** Reading host patterns costs more than a judgement; the same policy judges every port. */
const readOnce = new WeakMap<Policy, readonly ReadRule[]>();

function readExpectation(expectation: Expectation): ReadExpectation {
  const networks = (expectation.from ?? []).flatMap((text) => readNetwork(text) ?? []);
  return { ...expectation, networks };
}

function rulesOf(policy: Policy): readonly ReadRule[] {
  const before = readOnce.get(policy);
  if (before !== undefined) return before;
  const rules = policy.rules.map(({ hosts, expect, only }) => ({
    tests: hosts.map((pattern) => hostTest(pattern, policy.labels)),
    expect: expect.map(readExpectation),
    only,
  }));
  readOnce.set(policy, rules);
  return rules;
}

function covers({ ports }: Expectation, port: number): boolean {
  return ports.some(([first, last]) => port >= first && port <= last);
}

export function policyView(
  policy: Policy,
  host: Host,
  transport: 'tcp' | 'udp',
  port: number,
): PolicyView {
  const rules = rulesOf(policy).filter(({ tests }) => tests.some((test) => test(host)));
  const expect = rules
    .flatMap((rule) => rule.expect)
    .filter((expectation) => expectation.transport === transport && covers(expectation, port));
  return { expect, only: rules.some((rule) => rule.only) };
}

/** Whether an address may come, by `from`; everybody may where there is none. */
export function admits({ from, networks }: ReadExpectation, source: string): boolean {
  return from === undefined || anyNetworkHas(networks, source);
}
