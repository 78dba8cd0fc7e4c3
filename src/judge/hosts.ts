import { readGlob } from '../model/glob.ts';
import { type Network, networkHas, readNetwork } from '../model/network.ts';
import type { Policy } from '../model/policy.ts';

/** A host as the scan names it. */
export interface Host {
  readonly address: string;
  readonly names: readonly string[];
}

export type HostTest = (host: Host) => boolean;

const LABEL = 'label:';
const nowhere: HostTest = () => false;
const everywhere: HostTest = () => true;

function bareName(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name;
}

function nameTest(pattern: string): HostTest {
  const fits = readGlob(bareName(pattern));
  return ({ names }) => names.some((name) => fits(bareName(name).toLowerCase()));
}

function networkTest(network: Network): HostTest {
  return ({ address }) => networkHas(network, address);
}

function labelTest(patterns: readonly string[]): HostTest {
  const tests = patterns.map(plainTest);
  return (host) => tests.some((test) => test(host));
}

function plainTest(pattern: string): HostTest {
  if (pattern === '*') return everywhere;
  const network = readNetwork(pattern);
  return network === null ? nameTest(pattern) : networkTest(network);
}

/**
 * Reads a host pattern: address, CIDR, range, name with `*`, `*` alone for
 * every host, `label:NAME`.
 */
export function hostTest(pattern: string, labels: Policy['labels']): HostTest {
  if (!pattern.startsWith(LABEL)) return plainTest(pattern);
  const name = pattern.slice(LABEL.length);
  return Object.hasOwn(labels, name) ? labelTest(labels[name] ?? []) : nowhere;
}
