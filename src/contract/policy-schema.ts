import { z } from 'zod';
import { FLAW_IDS } from '../model/firewall-flaw.ts';
import { RULE_IDS } from '../model/rules.ts';
import { SEVERITIES } from '../model/verdict.ts';
import { fromProblem, hostProblem, labelProblem, portProblem, readPorts } from './policy-words.ts';

/** A string for which `problem` has nothing to say. */
function checked(problem: (text: string) => string | null) {
  return z.string().superRefine((text, context) => {
    const message = problem(text);
    if (message !== null) context.addIssue({ code: 'custom', message });
  });
}

const port = z
  .union([z.int().min(1).max(65_535), checked(portProblem)])
  .describe(
    'Port number, range (8000-8100) or service name (ssh); T: or U: in front for TCP or UDP.',
  );

const expectation = z
  .strictObject({
    ports: z.array(port).min(1).describe('Ports that are meant to be open.'),
    transport: z
      .enum(['tcp', 'udp'])
      .exactOptional()
      .describe('Transport of the ports without T: or U:; tcp unless stated.'),
    from: z
      .array(checked(fromProblem))
      .min(1)
      .exactOptional()
      .describe(
        'Addresses, CIDR blocks and ranges the ports are meant for; everybody unless stated.',
      ),
    service: z
      .string()
      .min(1)
      .max(64)
      .exactOptional()
      .describe('Protocol that must answer, as in docs/protocols.md; any unless stated.'),
    reason: z
      .string()
      .max(500)
      .exactOptional()
      .describe('Why the ports are needed, in your own words; verdicts quote it.'),
  })
  .superRefine(({ ports, transport }, context) => {
    for (const [index, word] of ports.entries()) {
      if (transport === undefined || readPorts(word, transport).length > 0) continue;
      const message = `"${word}" is not a ${transport.toUpperCase()} service`;
      context.addIssue({ code: 'custom', path: ['ports', index], message });
    }
  })
  .describe('Ports that are meant to be open, and for whom.');

const rule = z
  .strictObject({
    hosts: z
      .array(checked(hostProblem))
      .min(1)
      .describe('Addresses, CIDR blocks, ranges, names with *, * for every host, or label:NAME.'),
    expect: z.array(expectation).exactOptional().describe('What is meant to be open on them.'),
    only: z
      .boolean()
      .exactOptional()
      .describe('True: every open port of these hosts that no rule expects is to be closed.'),
  })
  .superRefine(({ expect, only }, context) => {
    if (expect !== undefined || only === true || context.issues.length > 0) return;
    context.addIssue({
      code: 'custom',
      message: 'this rule says nothing: give expect, or only: true',
    });
  })
  .describe('What some hosts are meant to have open.');

/** Rules of verdicts and findings, and flaws of firewalls. */
const SEVERITY_IDS = [...RULE_IDS, ...FLAW_IDS];

/** postern.yaml as people write it; docs/policy.md is its page. */
export const policyDocument = z
  .strictObject({
    version: z.literal(1).describe('Version of this format.'),
    labels: z
      .record(checked(labelProblem), z.array(checked(hostProblem)).min(1))
      .exactOptional()
      .describe('Names for groups of hosts, to be used as label:NAME.'),
    rules: z.array(rule).exactOptional().describe('What is meant to be open, per host pattern.'),
    severities: z
      .partialRecord(z.enum(SEVERITY_IDS), z.enum([...SEVERITIES, 'off']))
      .exactOptional()
      .describe('Another severity for a rule of docs/rules.md, or off.'),
  })
  .describe('Postern policy: which ports are needed, where, and from where.');

export type PolicyDocument = z.infer<typeof policyDocument>;

/** Keys that may stand where `path` leads, for suggestions; empty where any may. */
export function keysAt(path: readonly PropertyKey[]): readonly string[] {
  const [section] = path;
  if (path.length === 0) return Object.keys(policyDocument.shape);
  if (section === 'severities') return SEVERITY_IDS;
  if (section !== 'rules') return [];
  return Object.keys(path.length > 2 ? expectation.shape : rule.shape);
}
