import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evidenceOf } from '../evidence.ts';
import { reportOfImport } from './imported.ts';
import { readLines } from './lines.ts';
import { readNmap } from './nmap.ts';

/** Written by nmap 7.93 here: -sT -sV -Pn -n of a peer that greets as OpenSSH and 20 closed ports. */
const NMAP = readFileSync('test/fixtures/imports/nmap.xml', 'utf8');
const NOW = '2026-01-01T00:00:00.000Z';
const asIs = (text: string) => (/^[\d.]+$/.test(text) ? text : null);

/** As masscan's out-json.c writes it. */
const MASSCAN_JSON = `[
{   "ip": "192.0.2.7",   "timestamp": "1767225600", "ports": [ {"port": 80, "proto": "tcp", "status": "open", "reason": "syn-ack", "ttl": 54} ] }
,
{   "ip": "192.0.2.7",   "timestamp": "1767225601", "ports": [ {"port": 80, "proto": "tcp", "service": {"name": "http", "banner": "HTTP/1.1 200 OK"} } ] },
{   "ip": "192.0.2.8",   "timestamp": "1767225602", "ports": [ {"port": 53, "proto": "udp", "status": "open", "reason": "none", "ttl": 54} ] }
]
`;
/** As masscan's out-text.c writes it. */
const MASSCAN_LIST = `#masscan
open tcp 80 192.0.2.7 1767225600
banner tcp 80 192.0.2.7 1767225601 http HTTP/1.1\\x20200
# end
`;
/** Fields of naabu's result.go. */
const NAABU = `{"host":"www.example.org","ip":"192.0.2.7","timestamp":"2026-01-01T00:00:00.5Z","port":443,"protocol":"tcp","tls":true}
{"host":"www.example.org","ip":"192.0.2.7","timestamp":"2026-01-01T00:00:01Z","port":{"Port":80,"Protocol":0}}
`;
/** Records of zgrab2's grabber, statuses of its status.go; the last, of an older version, names no port. */
const ZGRAB = `{"ip":"192.0.2.7","domain":"www.example.org","data":{"ssh":{"status":"success","protocol":"ssh","port":2222,"timestamp":"2026-01-01T00:00:00Z"}}}
{"ip":"192.0.2.7","data":{"http":{"status":"protocol-error","port":80},"redis":{"status":"connection-timeout","port":6379}}}
{"ip":"192.0.2.9","data":{"ssh":{"status":"success","protocol":"ssh"}}}
`;

describe('an nmap report', () => {
  it('brings its scope, so that a port it closed is evidence', () => {
    const imported = readNmap(NMAP, asIs);
    if (imported === null) throw new Error('not read');
    expect(imported).toMatchObject({
      tool: 'nmap 7.93',
      complete: true,
      ports: { tcp: '54793-54813', udp: '' },
    });
    const report = reportOfImport(imported, 'id', 'nmap');
    const [host] = report.hosts;
    if (host === undefined) throw new Error('no host');
    expect(host.counts).toMatchObject({ open: 1, closed: 20 });
    expect(host.ports[0]?.service).toEqual({
      protocol: 'ssh',
      product: 'OpenSSH',
      version: '9.2p1 Debian 2+deb12u3',
    });
    const evidence = evidenceOf(host, report.scan.scope);
    expect(evidence.of('tcp', 54_800)?.state).toBe('closed');
    expect(evidence.of('tcp', 54_814)).toBeNull();
  });

  it('takes ports that are only counted for what their counts say', () => {
    const text = NMAP.replace(
      /<port protocol="tcp" portid="54[78]\d\d"><state state="closed".*\n/g,
      '',
    );
    const extra = (xml: string) =>
      readNmap(text.replace('<ports>', `<ports>${xml}`), asIs)?.hosts[0]?.unlisted;
    expect(extra('<extraports state="closed" count="20"/>')).toMatchObject({
      closed: 20,
      localError: 0,
    });
    expect(extra('<extraports state="unfiltered" count="20"/>')).toMatchObject({ localError: 20 });
    expect(extra('<extraports state="closed" count="many"/>')).toMatchObject({ localError: 1 });
  });

  it('joins what it says of one address under several targets', () => {
    const host = (name: string, port: number) =>
      `<host><address addr="192.0.2.7" addrtype="ipv4"/><hostnames><hostname name="${name}"/></hostnames>
        <ports><extraports state="closed" count="2"/>
        <port protocol="tcp" portid="${port}"><state state="open"/></port></ports></host>`;
    const text = `<nmaprun start="1767225600"><scaninfo protocol="tcp" services="22,80,443"/>
      ${host('a.example.org', 22)}${host('b.example.org', 80)}</nmaprun>`;
    const imported = readNmap(text, asIs);
    if (imported === null) throw new Error('not read');
    const { hosts, scan } = reportOfImport(imported, 'id', 'nmap');
    expect(hosts).toMatchObject([
      { names: ['a.example.org', 'b.example.org'], ports: [{ port: 22 }, { port: 80 }] },
    ]);
    const [one] = hosts;
    if (one === undefined) throw new Error('no host');
    const evidence = evidenceOf(one, scan.scope);
    expect(evidence.of('tcp', 22)?.state).toBe('open');
    // the counts no longer add up
    expect(evidence.of('tcp', 443)).toBeNull();
  });

  it('is nobody else’s XML', () => {
    expect(readNmap('<other/>', asIs)).toBeNull();
    expect(readNmap('', asIs)).toBeNull();
  });

  it('never fails but as its parser does, and never hangs, whatever is in it', () => {
    const mutated = fc
      .tuple(fc.nat(NMAP.length), fc.nat(40), fc.string({ maxLength: 20 }))
      .map(([at, gone, text]) => NMAP.slice(0, at) + text + NMAP.slice(at + gone));
    fc.assert(
      fc.property(fc.oneof(mutated, fc.string()), (text) => {
        try {
          const imported = readNmap(text, asIs);
          if (imported !== null) reportOfImport(imported, 'id', 'nmap');
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
          expect(error).not.toBeInstanceOf(TypeError);
          expect(error).not.toBeInstanceOf(RangeError);
        }
      }),
    );
  });
});

describe('lines of another scanner', () => {
  const read = (text: string) => readLines(text, asIs, NOW);

  it('are told by what is in them', () => {
    expect(read(MASSCAN_JSON)).toMatchObject({
      tool: 'masscan',
      skipped: 0,
      imported: {
        startedAt: '2026-01-01T00:00:00.000Z',
        endedAt: '2026-01-01T00:00:02.000Z',
        hosts: [
          {
            address: '192.0.2.7',
            ports: [{ port: 80, state: 'open', service: { protocol: 'http' } }],
          },
          { address: '192.0.2.8', ports: [{ port: 53, transport: 'udp', state: 'open' }] },
        ],
      },
    });
    expect(read(MASSCAN_LIST)).toMatchObject({
      tool: 'masscan',
      imported: { hosts: [{ ports: [{ port: 80, service: { protocol: 'http' } }] }] },
    });
    expect(read(NAABU)).toMatchObject({
      tool: 'naabu',
      imported: { hosts: [{ names: ['www.example.org'], ports: [{ port: 443 }, { port: 80 }] }] },
    });
  });

  it('say of a port without a number nothing, and count it', () => {
    expect(read(ZGRAB)).toMatchObject({
      tool: 'zgrab2',
      skipped: 1,
      imported: {
        hosts: [
          {
            address: '192.0.2.7',
            ports: [
              { port: 2222, state: 'open', service: { protocol: 'ssh' } },
              { port: 80, state: 'open' },
              { port: 6379, state: 'filtered' },
            ],
          },
        ],
      },
    });
  });

  it('name no scope: nothing absent is evidence', () => {
    for (const text of [MASSCAN_JSON, MASSCAN_LIST, NAABU, ZGRAB]) {
      const imported = read(text)?.imported;
      if (imported === undefined) throw new Error('not read');
      const { hosts, scan } = reportOfImport(imported, 'id', 'there');
      for (const host of hosts) expect(evidenceOf(host, scan.scope).of('tcp', 9999)).toBeNull();
    }
  });

  it('never fail and never hang, whatever is in them', () => {
    const seeds = [MASSCAN_JSON, MASSCAN_LIST, NAABU, ZGRAB];
    const mutated = fc
      .tuple(fc.constantFrom(...seeds), fc.nat(400), fc.nat(20), fc.string({ maxLength: 20 }))
      .map(([seed, at, gone, text]) => seed.slice(0, at) + text + seed.slice(at + gone));
    const records = fc
      .json()
      .map((json) => `{"ip":"192.0.2.7","ports":${json},"data":${json},"port":${json}}`);
    fc.assert(
      fc.property(fc.oneof(mutated, records, fc.string()), (text) => {
        const imported = readLines(text, asIs, NOW)?.imported;
        if (imported !== undefined) reportOfImport(imported, 'id', 'there');
      }),
    );
  });
});
