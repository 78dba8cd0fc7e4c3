import type { z } from 'zod';
import { problem } from '../model/errors.ts';
import type { Expectation, Policy, PolicyRule } from '../model/policy.ts';
import type { Transport } from '../model/port.ts';
import { KINDS, listed, nameOf, sorted, valueAt } from './faults.ts';
import { keysAt, type PolicyDocument, policyDocument } from './policy-schema.ts';
import { type Path, type PolicyFault, type PolicyText, readPolicyText } from './policy-text.ts';
import { LABEL, type PortRanges, readPorts, suggestion } from './policy-words.ts';

export { policyDocument } from './policy-schema.ts';
export type { PolicyFault } from './policy-text.ts';

export interface PolicyOptions {
  /** Words that `service` may be, with suggestions for others; absent: any word. */
  readonly services?: readonly string[];
}

export type PolicyCheck =
  | { readonly policy: Policy; readonly faults: readonly [] }
  | { readonly policy: null; readonly faults: readonly PolicyFault[] };

/** Reads a policy and finds everything wrong with it at once, in the order of the file. */
export function checkPolicy(text: string, options: PolicyOptions = {}): PolicyCheck {
  const source = readPolicyText(text);
  if (source.faults.length > 0) return { policy: null, faults: sorted(source.faults) };
  if (source.value === null || source.value === undefined) {
    return { policy: null, faults: [source.at([], 'the file is empty; begin with version: 1')] };
  }
  const parsed = policyDocument.safeParse(source.value);
  const faults = [
    ...(parsed.error?.issues ?? []).flatMap((issue) => faultsOf(issue, source)),
    ...unknownLabels(source),
    ...unknownServices(source, options.services),
  ];
  if (faults.length > 0 || !parsed.success) return { policy: null, faults: sorted(faults) };
  return { policy: policyOf(parsed.data), faults: [] };
}

/** Reads a policy; throws POLICY_INVALID with `file:line:column: what is wrong` per fault. */
export function loadPolicy(text: string, fileName: string, options: PolicyOptions = {}): Policy {
  const { policy, faults } = checkPolicy(text, options);
  if (policy !== null) return policy;
  throw problem('POLICY_INVALID', {
    value: fileName,
    ...listed(faults, fileName),
  });
}

type Issue = z.core.$ZodIssue;

function faultsOf(issue: Issue, source: PolicyText): readonly PolicyFault[] {
  const { path } = issue;
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => source.atKey(path, key, unknownKey(path, key)));
    case 'invalid_key':
      return issue.issues.map(({ message }) =>
        source.atKey(path.slice(0, -1), String(path.at(-1)), message),
      );
    case 'invalid_union':
      return issue.errors.flat().length === 0
        ? [source.at(path, 'this fits nothing that may stand here')]
        : unionFaults(issue, source);
    default:
      return [source.at(path, said(issue, source.value))];
  }
}

/** A port is a number or a word: what is said of the kind that was written is what helps. */
function unionFaults(issue: z.core.$ZodIssueInvalidUnion, source: PolicyText): PolicyFault[] {
  const value = valueAt(source.value, issue.path);
  const fitting = issue.errors.flat().find(({ code }) => code === 'custom');
  if (fitting !== undefined) return [source.at(issue.path, fitting.message)];
  return [source.at(issue.path, `${shown(value)} is not a port, a range or a service name`)];
}

function unknownKey(path: Path, key: string): string {
  const keys = keysAt(path);
  const what = path[0] === 'severities' ? 'unknown rule' : 'unknown key';
  const list = path[0] === 'severities' ? '' : `; ${keys.join(', ')} may stand here`;
  return `${what} "${key}"${suggestion(key, keys) || list}`;
}

function said(issue: Issue, root: unknown): string {
  const value = valueAt(root, issue.path);
  const name = nameOf(issue.path);
  if (value === undefined) return `${name} is missing`;
  switch (issue.code) {
    case 'custom':
      return issue.message;
    case 'invalid_type':
      return `${name} must be ${KINDS[issue.expected] ?? issue.expected}, not ${shown(value)}`;
    case 'invalid_value':
      return `${name} must be ${oneOf(value, issue.values.map(String))}`;
    case 'too_small':
    case 'too_big':
      return sizeProblem(name, value, Number(issue.code === 'too_big' && issue.maximum));
    default:
      return `${name} cannot be ${shown(value)}`;
  }
}

function sizeProblem(name: string, value: unknown, most: number): string {
  if (typeof value === 'number') return `${value} is not a port number (1 to 65535)`;
  return most === 0 ? `${name} must not be empty` : `${name} may have ${most} characters`;
}

function oneOf(value: unknown, allowed: readonly string[]): string {
  const near = typeof value === 'string' ? suggestion(value, allowed) : '';
  return `${allowed.join(', ').replace(/, ([^,]*)$/, ' or $1')}, not ${shown(value)}${near}`;
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return value === null ? 'nothing' : 'keys with values';
  return JSON.stringify(`${value as string | number | boolean}`.slice(0, 80));
}

/** Every text at `rules[n].key[m]`, however wrong the rest of the file is. */
function textsUnder(root: unknown, ...keys: readonly string[]): { path: Path; text: string }[] {
  let found: { path: Path; value: unknown }[] = [{ path: [], value: root }];
  for (const key of keys) {
    found = found.flatMap(({ path, value }) => {
      const inner = valueAt(value, [key]);
      if (!Array.isArray(inner)) return [{ path: [...path, key], value: inner }];
      return inner.map((item: unknown, index) => ({ path: [...path, key, index], value: item }));
    });
  }
  return found.flatMap(({ path, value }) =>
    typeof value === 'string' ? [{ path, text: value }] : [],
  );
}

function unknownLabels(source: PolicyText): readonly PolicyFault[] {
  const labels = valueAt(source.value, ['labels']);
  const names = typeof labels === 'object' && labels !== null ? Object.keys(labels) : [];
  const nested = names.flatMap((name) => labelsInLabel(source, name));
  const used = textsUnder(source.value, 'rules', 'hosts').flatMap(({ path, text }) => {
    const name = text.slice(LABEL.length);
    if (!text.startsWith(LABEL) || names.includes(name)) return [];
    return [source.at(path, `no label "${name}" is defined${suggestion(name, names)}`)];
  });
  return [...nested, ...used];
}

function labelsInLabel(source: PolicyText, name: string): readonly PolicyFault[] {
  return textsUnder(source.value, 'labels', name)
    .filter(({ text }) => text.startsWith(LABEL))
    .map(({ path }) => source.at(path, 'a label cannot contain another label'));
}

function unknownServices(
  source: PolicyText,
  services: readonly string[] | undefined,
): readonly PolicyFault[] {
  if (services === undefined) return [];
  return textsUnder(source.value, 'rules', 'expect', 'service')
    .filter(({ text }) => !services.includes(text.toLowerCase()))
    .map(({ path, text }) =>
      source.at(path, `unknown service "${text}"${suggestion(text.toLowerCase(), services)}`),
    );
}

type WrittenRule = NonNullable<PolicyDocument['rules']>[number];
type WrittenExpectation = NonNullable<WrittenRule['expect']>[number];

function policyOf({ labels = {}, rules = [], severities = {} }: PolicyDocument): Policy {
  return { labels, rules: rules.map(ruleOf), severities };
}

function ruleOf({ hosts, expect = [], only = false }: WrittenRule): PolicyRule {
  return { hosts, expect: expect.flatMap(expectationsOf), only };
}

/** One for each transport among the ports. */
function expectationsOf(written: WrittenExpectation): readonly Expectation[] {
  const { ports, transport, ...rest } = written;
  const ranges = ports.flatMap((word) => readPorts(word, transport));
  return [...onTransport('tcp', ranges, rest), ...onTransport('udp', ranges, rest)];
}

function onTransport(
  transport: Transport,
  ranges: PortRanges,
  rest: Omit<WrittenExpectation, 'ports' | 'transport'>,
): readonly Expectation[] {
  const ports = ranges.filter((entry) => entry.transport === transport).map(({ range }) => range);
  return ports.length === 0 ? [] : [{ ...rest, ports, transport }];
}
