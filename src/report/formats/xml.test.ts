import { describe, expect, it } from 'vitest';
import { sampleReport } from '../../../test/helpers/sample-report.ts';
import { xml } from './xml.ts';

const whole = [...xml.render(sampleReport())].join('');
const lines = whole.split('\n');

describe('xml', () => {
  it("opens and closes as nmap's run", () => {
    expect(lines.slice(0, 4)).toEqual([
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<!DOCTYPE nmaprun>',
      '<nmaprun scanner="postern" args="postern scan -p T:1-1000 --exclude 192.0.2.64/26 192.0.2.0/25 mail.example.org 2001:db8:85a3:8d3:1319:8a2e:370:7348" start="1787234700" startstr="2026-08-20T14:05:00.000Z" version="0.1.0" xmloutputversion="1.05">',
      '<scaninfo type="connect" protocol="tcp" numservices="1000" services="1-1000"/>',
    ]);
    expect(lines.slice(-3)).toEqual([
      '<runstats><finished time="1787234712" timestr="2026-08-20T14:05:12.340Z" elapsed="12.34" summary="postern 0.1.0: 4 hosts, 6 open ports (5 verified), 1 should be closed, 1 restricted, 1 not recognised" exit="success"/><hosts up="4" down="0" total="4"/></runstats>',
      '</nmaprun>',
      '',
    ]);
  });

  it('tells a host with names, ports not listed, services and our findings', () => {
    const start = lines.indexOf('<address addr="192.0.2.10" addrtype="ipv4"/>');
    expect(lines.slice(start - 1, start + 3)).toEqual([
      '<host><status state="up" reason="syn-ack" reason_ttl="0"/>',
      '<address addr="192.0.2.10" addrtype="ipv4"/>',
      '<hostnames><hostname name="mail.example.org" type="user"/></hostnames>',
      '<ports><extraports state="filtered" count="998"><extrareasons reason="no-response" count="998"/></extraports>',
    ]);
    expect(lines[start + 3]).toContain(
      '<service name="http" product="nginx" version="1.22.1" extrainfo="expected, high: web.expected, tls.expired, tls.old-version" tunnel="ssl" method="probed" conf="10"><cpe>cpe:/a:nginx:nginx:1.22.1</cpe></service><script id="postern" output="expected, high: web.expected, tls.expired, tls.old-version&#xa;web.expected&#xa;tls.expired&#xa;TLS 1.0 or 1.1 accepted">',
    );
    expect(lines[start + 3]).toContain(
      '<table key="evidence"><elem>certificate.notAfter: 2024-01-01T00:00:00.000Z</elem></table>',
    );
    expect(lines[start + 4]).toBe(
      '<port protocol="tcp" portid="8443"><state state="open" reason="syn-ack" reason_ttl="0"/></port>',
    );
  });

  it('counts what our side could not ask as unknown, ICMP as filtered with its reason', () => {
    expect(whole).toContain('<extraports state="unknown" count="9">');
    expect(whole).toContain(
      '<port protocol="tcp" portid="81"><state state="filtered" reason="admin-prohibited" reason_ttl="0"/></port>',
    );
  });

  it('marks STARTTLS as no tunnel', () => {
    expect(whole).toContain(
      '<service name="smtp" product="Postfix" extrainfo="expected, info: mail.expected" method="probed" conf="10"/>',
    );
  });

  it('says when it was cut short', () => {
    const { scan, ...rest } = sampleReport();
    const cut = [...xml.render({ ...rest, scan: { ...scan, complete: false } })].join('');
    expect(cut).toContain('exit="error" errormsg="interrupted"');
  });
});
