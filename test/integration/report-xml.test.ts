import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { ScanReport } from '../../src/model/scan.ts';
import { xml } from '../../src/report/formats/xml.ts';
import { met } from '../helpers/needs.ts';
import { HOSTILE, reportOfText, sampleReport } from '../helpers/sample-report.ts';

const folder = mkdtempSync(join(tmpdir(), 'postern-xml-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function written(name: string, report: ScanReport): string {
  const path = join(folder, name);
  writeFileSync(path, [...xml.render(report)].join(''));
  return path;
}

/** Reads files as any importer does and says what it found in them, one JSON document. */
const READER = `
import json, sys
import xml.etree.ElementTree as tree
found = []
for path in sys.argv[1:]:
    root = tree.parse(path).getroot()
    found.append([[host.find('address').get('addr'), port.get('portid'), port.find('state').get('state'),
        (port.find('service').get('name') if port.find('service') is not None else None),
        {part.get('key'): part.text if part.tag == 'elem' else len(part) for part in port.findall("script[@id='postern']/*")}]
        for host in root.findall('host') for port in host.findall('ports/port')])
print(json.dumps(found))
`;

function read(...paths: string[]) {
  return JSON.parse(execFileSync('python3', ['-c', READER, ...paths], { encoding: 'utf8' }));
}

function diff(before = '', after = '') {
  return spawnSync('ndiff', [before, after], { encoding: 'utf8' });
}

describe.skipIf(!met({ commands: ['python3'] }))('xml read by python', () => {
  it('tells ports, services and scripts', () => {
    const [ports] = read(written('sample.xml', sampleReport()));
    expect(ports).toEqual([
      [
        '192.0.2.7',
        '22',
        'open',
        'ssh',
        { verdict: 5, standing: 'verified', findings: 1, details: 2 },
      ],
      [
        '192.0.2.7',
        '6379',
        'open',
        'redis',
        { verdict: 5, standing: 'verified', findings: 1, details: 2, banner: 'K1BPTkcNCg==' },
      ],
      [
        '192.0.2.7',
        '9999',
        'open',
        'unknown',
        { verdict: 5, standing: 'verified', findings: 1, banner: 'G1szMW0=' },
      ],
      [
        '192.0.2.10',
        '443',
        'open',
        'http',
        { verdict: 5, standing: 'verified', findings: 2, tls: 8, details: 3 },
      ],
      ['192.0.2.10', '8443', 'open', null, {}],
      [
        '2001:db8:85a3:8d3:1319:8a2e:370:7348',
        '25',
        'open',
        'smtp',
        { verdict: 5, standing: 'verified', tls: 8, details: 1 },
      ],
      ['192.0.2.99', '81', 'filtered', null, {}],
    ]);
  });

  it('is well formed whatever a peer says', () => {
    const texts = fc.sample(fc.string({ unit: 'binary', maxLength: 40 }), 200);
    const paths = [HOSTILE, ...texts].map((text, at) => written(`${at}.xml`, reportOfText(text)));
    expect(read(...paths).map((ports: unknown[]) => ports.length)).toEqual(Array(201).fill(7));
  });
});

describe.skipIf(!met({ commands: ['ndiff'] }))('xml read by ndiff', () => {
  it('sees what opened, closed and changed, and nothing between equal scans', () => {
    const before = sampleReport();
    const [database, ...others] = before.hosts;
    const ports = (database?.ports ?? []).slice(0, 2).map((port) => {
      if (port.port !== 6379 || port.service === undefined) return port;
      return { ...port, service: { ...port.service, version: '7.2.0' } };
    });
    const counts = {
      open: 2,
      verified: 2,
      closed: 998,
      filtered: 0,
      unreachable: 0,
      localError: 0,
    };
    const host = { address: '192.0.2.7', names: database?.names ?? [], counts, ports };
    const paths = [
      written('before.xml', before),
      written('after.xml', { ...before, hosts: [host, ...others] }),
    ];
    const changed = diff(...paths);
    expect(changed.stderr).toBe('');
    expect(changed.stdout).toMatch(/^-9999\/tcp open +unknown/m);
    expect(changed.stdout).toMatch(/^-6379\/tcp open +redis +Redis 7\.0\.15/m);
    expect(changed.stdout).toMatch(/^\+6379\/tcp open +redis +Redis 7\.2\.0/m);
    expect(changed.status).toBe(1);
    expect(diff(paths[0], paths[0])).toMatchObject({ status: 0, stdout: '' });
  });

  it('passes over banners, details and dates, which differ from scan to scan', () => {
    const before = sampleReport();
    const hosts = before.hosts.map((host) => ({
      ...host,
      ports: host.ports.map((port) => {
        if (port.service === undefined) return port;
        const raw = { base64: 'SGVsbG8=', text: 'Date: now' };
        return { ...port, service: { ...port.service, raw, details: { uptime: 1 } } };
      }),
    }));
    const findings = before.findings.map((finding) => ({ ...finding, why: 'In 3 days.' }));
    const after = written('later.xml', { ...before, hosts, findings });
    expect(diff(written('sooner.xml', before), after)).toMatchObject({ status: 0, stderr: '' });
  });

  it('shows a verdict that changed', () => {
    const before = sampleReport();
    const hosts = before.hosts.map((host) => ({
      ...host,
      ports: host.ports.map((port) => {
        if (port.verdict === undefined || port.port !== 22) return port;
        const verdict = { ...port.verdict, level: 'close' as const, severity: 'high' as const };
        return { ...port, verdict };
      }),
    }));
    const changed = diff(
      written('as-was.xml', before),
      written('judged.xml', { ...before, hosts, findings: [] }),
    );
    expect(changed.stderr).toBe('');
    expect(changed.stdout).toMatch(/^\+22\/tcp +open +ssh +OpenSSH 9\.2p1 \(close, high: /m);
  });
});
