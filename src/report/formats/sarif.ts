import { isRuleId, RULES } from '../../model/rules.ts';
import type { ScanReport } from '../../model/scan.ts';
import type { Finding, Severity } from '../../model/verdict.ts';
import { compareSeverity } from '../../model/verdict.ts';
import type { Format } from '../format.ts';
import { portLabel } from '../service.ts';
import { visible } from '../text.ts';

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json';

/** SARIF has three levels; `score` is what code-scanning services sort security results by (CVSS-like). */
const SEVERITY: Readonly<Record<Severity, { level: string; score: string; rank: number }>> = {
  critical: { level: 'error', score: '9.5', rank: 100 },
  high: { level: 'error', score: '8.0', rank: 80 },
  medium: { level: 'warning', score: '5.5', rank: 50 },
  low: { level: 'note', score: '2.0', rank: 20 },
  info: { level: 'note', score: '0.0', rank: 0 },
};

/** Plain text of a SARIF message: `[text](target)` would be read as a link (3.11.6). */
function plain(text: string): string {
  return visible(text).replaceAll('](', '] (');
}

/**
 * A relative path, as services that show results beside files demand; the folder in front keeps the
 * colons of an IPv6 address out of the first segment, where they would make a scheme (RFC 3986, 4.2).
 */
function uriOf({ address, transport, port }: Finding): string {
  const host = encodeURIComponent(visible(address)).replaceAll('%3A', ':');
  return `hosts/${host}/${transport}/${port}`;
}

function locationOf(finding: Finding): object {
  const { address, names, transport, port } = finding;
  const host = address.includes(':') ? `[${address}]` : address;
  const name = visible(`${transport}://${host}:${port}`);
  const logical = { name: portLabel(finding), fullyQualifiedName: name, kind: 'resource' };
  const known = names.map((text) => ({ name: visible(text), kind: 'namespace' }));
  return {
    physicalLocation: {
      artifactLocation: { uri: uriOf(finding) },
      region: { startLine: 1 },
    },
    logicalLocations: [logical, ...known],
  };
}

function resultOf(finding: Finding, ruleIndex: number): object {
  const { rule, severity, why, todo, address, names, transport, port, evidence } = finding;
  const where = `${names[0] ?? address}, port ${portLabel(finding)}`;
  return {
    ruleId: rule,
    ruleIndex,
    level: SEVERITY[severity].level,
    rank: SEVERITY[severity].rank,
    message: { text: plain(`${where}: ${why} ${todo}`.trim()) },
    locations: [locationOf(finding)],
    partialFingerprints: { 'posternPort/v1': `${rule} ${address} ${transport} ${port}` },
    properties: { severity, address, names, transport, port, evidence },
  };
}

/** A rule as its own page tells it; one that is not in the catalogue as its worst finding does. */
function ruleOf(worst: Finding): object {
  const { level, score } = SEVERITY[worst.severity];
  const { rule, why } = worst;
  const known = isRuleId(rule)
    ? RULES[rule]
    : { title: why, sees: why, matters: '', todo: worst.todo };
  const parts = [known.sees, known.matters, known.todo].map(visible).filter((text) => text !== '');
  return {
    id: rule,
    shortDescription: { text: plain(known.title) },
    fullDescription: { text: plain(known.sees) },
    help: {
      text: plain(parts.join(' ')),
      markdown: isRuleId(rule) ? parts.join('\n\n') : undefined,
    },
    defaultConfiguration: { level },
    properties: { tags: ['security', 'exposure'], 'security-severity': score },
  };
}

/** The worst finding of each rule, in the order rules first appear. */
function worstByRule(findings: readonly Finding[]): Map<string, Finding> {
  const worst = new Map<string, Finding>();
  for (const finding of findings) {
    const known = worst.get(finding.rule);
    const isWorse = known === undefined || compareSeverity(finding.severity, known.severity) > 0;
    if (isWorse) worst.set(finding.rule, finding);
  }
  return worst;
}

function invocationOf(scan: ScanReport['scan']): object {
  return {
    executionSuccessful: scan.complete && scan.problems.length === 0,
    startTimeUtc: scan.startedAt,
    endTimeUtc: scan.endedAt,
    toolExecutionNotifications: scan.problems.map(({ code, message }) => ({
      descriptor: { id: code },
      level: 'error',
      message: { text: plain(message) },
    })),
    properties: { complete: scan.complete },
  };
}

/** Hosts whose ports are a shared edge's. */
function edgesOf({ hosts }: ScanReport): object[] {
  return hosts.flatMap(({ address, names, edge }) =>
    edge === undefined ? [] : [{ address, names, ...edge }],
  );
}

function driverOf(tool: string, rules: readonly object[]): object {
  const version = tool.split(' ').at(-1);
  return { driver: { name: 'Postern', version, rules } };
}

function* render(report: ScanReport): Iterable<string> {
  const { scan } = report;
  const worst = worstByRule(report.findings);
  const rules = [...worst.values()].map(ruleOf);
  const indexes = new Map([...worst.keys()].map((rule, index) => [rule, index]));
  const run = {
    tool: driverOf(scan.tool, rules),
    automationDetails: { id: `postern/${scan.id}`, guid: scan.id },
    invocations: [invocationOf(scan)],
    columnKind: 'utf16CodeUnits',
    properties: { scope: scan.scope, stats: scan.stats, edges: edgesOf(report) },
  };
  yield `{"version":"2.1.0","$schema":"${SCHEMA}","runs":[${JSON.stringify(run).slice(0, -1)},"results":[`;
  let before = '\n';
  for (const finding of report.findings) {
    yield before + JSON.stringify(resultOf(finding, indexes.get(finding.rule) ?? -1));
    before = ',\n';
  }
  yield '\n]}]}\n';
}

/** SARIF 2.1.0 (OASIS), for code scanning and other services that collect findings. */
export const sarif: Format = {
  name: 'sarif',
  endings: ['.sarif'],
  mediaType: 'application/sarif+json',
  render,
};
