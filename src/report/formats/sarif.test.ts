import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyReport, reportOfText, sampleReport } from '../../../test/helpers/sample-report.ts';
import { RULES } from '../../model/rules.ts';
import type { ScanReport } from '../../model/scan.ts';
import { sarif } from './sarif.ts';

function parsed(report: ScanReport) {
  return JSON.parse([...sarif.render(report)].join(''));
}

describe('sarif', () => {
  it('is one run of 2.1.0 with rules, results and what went wrong', () => {
    const log = parsed(sampleReport());
    expect(Object.keys(log)).toEqual(['version', '$schema', 'runs']);
    expect(log.version).toBe('2.1.0');
    const [run] = log.runs;
    expect(Object.keys(run)).toEqual([
      'tool',
      'automationDetails',
      'invocations',
      'columnKind',
      'properties',
      'results',
    ]);
    expect(run.tool.driver.name).toBe('Postern');
    expect(run.tool.driver.version).toBe('0.1.0');
    expect(run.invocations[0]).toEqual({
      executionSuccessful: false,
      startTimeUtc: '2026-08-20T14:05:00.000Z',
      endTimeUtc: '2026-08-20T14:05:12.340Z',
      toolExecutionNotifications: [
        {
          descriptor: { id: 'TARGET_SYNTAX' },
          level: 'error',
          message: { text: 'hosts.txt:3: "300.1.2.3" is not an IP address (octet over 255)' },
        },
      ],
      properties: { complete: true },
    });
  });

  it('tells a finding key by key', () => {
    expect(parsed(sampleReport()).runs[0].results[1]).toEqual({
      ruleId: 'tls.expired',
      ruleIndex: 1,
      level: 'error',
      rank: 80,
      message: {
        text: 'mail.example.org, port 443/tcp: The certificate expired on 2024-01-01. Renew the certificate and automate its renewal.',
      },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: 'hosts/192.0.2.10/tcp/443' },
            region: { startLine: 1 },
          },
          logicalLocations: [
            { name: '443/tcp', fullyQualifiedName: 'tcp://192.0.2.10:443', kind: 'resource' },
            { name: 'mail.example.org', kind: 'namespace' },
          ],
        },
      ],
      partialFingerprints: { 'posternPort/v1': 'tls.expired 192.0.2.10 tcp 443' },
      properties: {
        severity: 'high',
        address: '192.0.2.10',
        names: ['mail.example.org'],
        transport: 'tcp',
        port: 443,
        evidence: ['certificate.notAfter: 2024-01-01T00:00:00.000Z'],
      },
    });
  });

  it('points each result at its rule', () => {
    const [run] = parsed(sampleReport()).runs;
    for (const result of run.results) {
      expect(run.tool.driver.rules[result.ruleIndex].id).toBe(result.ruleId);
    }
  });

  it('tells a rule as the catalogue does, an unknown one as its worst finding', () => {
    const { rules } = parsed(sampleReport()).runs[0].tool.driver;
    const { title, sees, matters, todo } = RULES['tls.old-version'];
    expect(rules[3]).toEqual({
      id: 'tls.old-version',
      shortDescription: { text: title },
      fullDescription: { text: sees },
      help: { text: `${sees} ${matters} ${todo}`, markdown: `${sees}\n\n${matters}\n\n${todo}` },
      defaultConfiguration: { level: 'warning' },
      properties: { tags: ['security', 'exposure'], 'security-severity': '5.5' },
    });
    const why =
      'Redis answers without a password: anybody who reaches it can read and change all data.';
    expect(rules[0]).toEqual({
      id: 'redis.open',
      shortDescription: { text: why },
      fullDescription: { text: why },
      help: {
        text: `${why} Bind it to 127.0.0.1 or set requirepass, and close the port to the outside.`,
      },
      defaultConfiguration: { level: 'error' },
      properties: { tags: ['security', 'exposure'], 'security-severity': '9.5' },
    });
  });

  it('writes addresses as valid relative references', () => {
    const { findings, ...rest } = sampleReport();
    const at = (address: string) => {
      const moved = findings.slice(0, 1).map((finding) => ({ ...finding, address }));
      const [{ locations }] = parsed({ ...rest, findings: moved }).runs[0].results;
      return locations[0].physicalLocation.artifactLocation.uri;
    };
    expect(at('2001:db8::1')).toBe('hosts/2001:db8::1/tcp/6379');
    expect(at('fe80::1%eth0')).toBe('hosts/fe80::1%25eth0/tcp/6379');
  });

  it('has an empty list when nothing was found', () => {
    const [run] = parsed(emptyReport()).runs;
    expect(run.results).toEqual([]);
    expect(run.tool.driver.rules).toEqual([]);
    expect(run.invocations[0].executionSuccessful).toBe(true);
  });

  it('parses whatever texts say', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const [run] = parsed(reportOfText(text)).runs;
        expect(run.results).toHaveLength(5);
        expect(run.results[0].message.text).not.toMatch(/\]\(/);
        expect(run.results[0].locations[0].physicalLocation.artifactLocation.uri).toMatch(
          /^hosts\/[A-Za-z0-9\-._~!*'():%]*\/tcp\/\d+$/,
        );
      }),
    );
  });
});
