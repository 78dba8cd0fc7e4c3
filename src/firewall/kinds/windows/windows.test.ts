import { describe, expect, it } from 'vitest';
import { evaluate } from '../../evaluate.ts';
import { MACHINE, questionOf } from '../../intent.test-helper.ts';
import { type Ask, answer, fate, fixture, parse, readFixture } from '../fixtures.test-helper.ts';
import { COLLECT_WINDOWS, WINDOWS_SCHEMA } from './collect.ts';
import { forProgram } from './for-program.ts';
import { windows } from './windows.ts';

const server = readFixture(windows, ['server.json']);

function changed(change: (document: Record<string, unknown>) => void) {
  const document = JSON.parse(fixture(windows, 'server.json').text) as Record<string, unknown>;
  change(document);
  return parse(windows, JSON.stringify(document));
}

function profiles(more: Readonly<Record<string, unknown>>) {
  return ['Domain', 'Private', 'Public'].map((Name) => ({
    Name,
    Enabled: 'True',
    DefaultInboundAction: 'NotConfigured',
    AllowInboundRules: 'NotConfigured',
    AllowLocalFirewallRules: 'NotConfigured',
    DisabledInterfaceAliases: 'NotConfigured',
    ...more,
  }));
}

describe('a collected document', () => {
  it.each<readonly [string, number, Ask, string]>([
    ['an allowed port', 443, {}, 'accept'],
    ['a port in a range', 8003, {}, 'accept'],
    ['no rule', 4444, {}, 'drop'],
    ['another protocol', 443, { transport: 'udp' }, 'drop'],
    ['a disabled rule', 23, {}, 'drop'],
    ['an outbound rule', 25, {}, 'drop'],
    ['a netmask', 5432, { source: '10.9.9.9' }, 'accept'],
    ['an address range', 5432, { source: '192.0.2.200' }, 'accept'],
    ['outside of both', 5432, { source: '192.0.2.1' }, 'drop'],
    ['an IPv6 block', 5432, { source: '2001:db8:1::5' }, 'accept'],
    ['a profile that is not the one of the device', 445, { source: '192.0.2.1' }, 'drop'],
    ['the domain profile on its device', 5985, { device: 'em1' }, 'accept'],
    ['the same on the public device', 5985, { device: 'em0' }, 'drop'],
    ['a keyword that nobody resolves', 5000, { transport: 'udp' }, 'unknown'],
    ['an address beside the keyword', 5000, { transport: 'udp', source: '198.51.100.7' }, 'accept'],
    ['the RPC endpoint mapper', 135, {}, 'accept'],
    ['a rule for another program', 3389, {}, 'drop'],
    ['a rule for a device', 1433, { device: 'em1' }, 'accept'],
    ['the same on another', 1433, {}, 'drop'],
    ['a device that is not listed is public', 9090, { device: 'em7' }, 'accept'],
  ])('%s', (_, port, ask, expected) => {
    // RPC ports may be any: with the program known that has them the rest is plain
    expect(fate(forProgram(server, 'System', ''), port, ask)).toBe(expected);
  });

  it.each([
    ['a protocol', 'Protocol constructor -LocalPort 22'],
    ['a port', 'Protocol TCP -LocalPort constructor'],
  ])('takes a name of JavaScript for %s that it does not know', (_, words) => {
    const text = [
      'Set-NetFirewallProfile -All -DefaultInboundAction Block -Enabled True',
      `New-NetFirewallRule -DisplayName x -Direction Inbound -Action Allow -${words}`,
    ].join('\n');
    expect(fate(parse(windows, text), 22)).toBe('unknown');
  });

  it('lets a block rule beat an allow rule, but not an authenticated bypass', () => {
    expect(fate(forProgram(server, 'C:\\other.exe', ''), 8005)).toBe('unknown');
    const plain = changed((document) => {
      const rules = document.Rules as { Name: string }[];
      document.Rules = rules.filter(({ Name }) => !['Bypass', 'RpcDynamic'].includes(Name));
    });
    expect(fate(plain, 8005)).toBe('drop');
    expect(fate(plain, 8004)).toBe('accept');
  });

  it('names the rule that decided as the command that makes it', () => {
    const [decision] = answer(server, 443).decisions;
    expect(decision?.rule?.handle).toBe('Web');
    expect(decision?.rule?.text).toBe(
      'New-NetFirewallRule -Name Web -DisplayName Web -Direction Inbound -Action Allow -Protocol TCP -LocalPort 80,443,8000-8010',
    );
  });

  it('knows the local subnet from the addresses', () => {
    const layer = changed((document) => {
      document.Connections = [{ InterfaceAlias: 'em0', NetworkCategory: 'Private' }];
    });
    const system = forProgram(layer, 'System', '');
    expect(fate(system, 445, { source: '192.0.2.77' })).toBe('accept');
    expect(fate(system, 445, { source: '198.51.100.7' })).toBe('drop');
  });

  it('takes ICMP types', () => {
    const ping = {
      ...questionOf({ family: 4, transport: 'tcp', source: '8.8.8.8', port: 0, device: 'em0' }),
      protocol: 1,
    };
    const quiet = forProgram(server, 'C:\\other.exe', '');
    const of = (icmpType: number) =>
      evaluate([quiet], { ...ping, icmpType }, MACHINE).map((part) => part.fate);
    expect(of(8)).toEqual(['accept']);
    expect(of(13)).toEqual(['drop']);
  });

  it('does not filter where the profile is off, and lets nothing in where inbound rules are', () => {
    const off = changed((document) => {
      document.Profiles = profiles({ Enabled: 'False' });
    });
    expect(fate(off, 4444)).toBe('accept');
    const shields = changed((document) => {
      document.Profiles = profiles({ AllowInboundRules: 'False' });
      document.Rules = [];
    });
    expect(fate(shields, 443)).toBe('drop');
    const open = changed((document) => {
      document.Profiles = profiles({ DefaultInboundAction: 'Allow' });
    });
    expect(fate(forProgram(open, 'C:\\other.exe', ''), 4444)).toBe('accept');
  });

  it('ignores local rules where policy says so', () => {
    const layer = changed((document) => {
      document.Profiles = profiles({ AllowLocalFirewallRules: 'False' });
    });
    expect(fate(layer, 443)).toBe('drop');
    expect(fate(layer, 9090)).toBe('accept');
  });

  it('does not filter devices that the profile leaves out', () => {
    const layer = changed((document) => {
      document.Profiles = profiles({ DisabledInterfaceAliases: ['em0'] });
    });
    expect(fate(layer, 4444)).toBe('accept');
    expect(fate(forProgram(layer, 'C:\\other.exe', ''), 4444, { device: 'em1' })).toBe('drop');
  });

  it('says unknown of a condition that was not collected', () => {
    const layer = changed((document) => {
      const rules = document.Rules as Record<string, unknown>[];
      document.Rules = rules
        .filter(({ Name }) => Name === 'Web')
        .map((rule) => ({ ...rule, RemoteAddress: undefined }));
    });
    expect(fate(layer, 443)).toBe('unknown');
    expect(fate(layer, 444)).toBe('drop');
  });

  it.each([
    ['cut short', '{"Schema":"postern.windows-firewall/1","Profiles":['],
    ['of another shape', '{"Schema":"else"}'],
    ['without rules', `{"Schema":"${WINDOWS_SCHEMA}","Profiles":[]}`],
    [
      'a rule without action',
      `{"Schema":"${WINDOWS_SCHEMA}","Profiles":${JSON.stringify(profiles({}))},"Rules":[{"Name":"x","Profile":"Any","Enabled":"True","Direction":"Inbound"}]}`,
    ],
  ])('refuses one that is %s', (_, text) => {
    expect(() => parse(windows, text)).toThrow(/FIREWALL|this is no windows text/);
  });
});

describe('forProgram', () => {
  it('answers rules for a program and a service', () => {
    const svchost = 'C:\\Windows\\System32\\svchost.exe';
    expect(fate(forProgram(server, svchost, 'TermService'), 3389)).toBe('accept');
    expect(fate(forProgram(server, svchost, 'other'), 3389)).toBe('drop');
    expect(fate(forProgram(server, svchost), 3389)).toBe('unknown');
    expect(fate(forProgram(server, 'C:\\Program Files\\x.exe', ''), 3389)).toBe('drop');
  });

  it('does not know on which drive Windows is', () => {
    const layer = parse(
      windows,
      'New-NetFirewallRule -Name x -Protocol TCP -Program %SystemRoot%\\System32\\svchost.exe',
    );
    expect(fate(forProgram(layer, 'D:\\Windows\\System32\\svchost.exe', ''), 80)).toBe('unknown');
    expect(fate(forProgram(layer, 'D:\\Windows\\System32\\other.exe', ''), 80)).toBe('drop');
  });

  it('leaves a program open that only PowerShell knows', () => {
    const layer = parse(
      windows,
      'New-NetFirewallRule -DisplayName x -Direction Inbound -Action Allow -Program $exe -Protocol TCP',
    );
    expect(fate(forProgram(layer, 'C:\\x.exe', ''), 80)).toBe('unknown');
  });
});

describe('a script', () => {
  const script = readFixture(windows, ['rules.ps1']);

  it.each<readonly [string, number, Ask, string]>([
    ['a list over two lines', 22, { source: '10.1.2.3' }, 'accept'],
    ['outside of it', 22, {}, 'drop'],
    ['the first of two statements on a line', 443, {}, 'accept'],
    ['the second', 8080, {}, 'drop'],
    ['a profile', 8000, {}, 'unknown'],
    ['an expression', 5432, {}, 'unknown'],
    ['nothing', 4444, {}, 'drop'],
  ])('%s', (_, port, ask, expected) => {
    expect(fate(script, port, ask)).toBe(expected);
  });

  it('names the line of a rule', () => {
    expect(answer(script, 8080).decisions[0]?.rule?.line).toBe(7);
  });

  it('says what it did not follow', () => {
    const layer = parse(
      windows,
      'New-NetFirewallRule -DisplayName x -Direction Inbound -Action Allow -Protocol TCP -LocalPort 80\nSet-NetFirewallRule -DisplayName x -RemoteAddress 10.0.0.1',
    );
    expect(layer.unread).toEqual(['text, line 2: "Set-NetFirewallRule" was not followed']);
    expect(fate(layer, 80)).toBe('unknown');
    expect(fate(layer, 22)).toBe('unknown');
  });

  it.each<readonly [string, string]>([
    ['-Profile domain,public,private -Enabled false', 'accept'],
    ['-All -DefaultInboundAction ALLOW', 'accept'],
    [
      '-Enabled True -DefaultInboundAction Block -DefaultOutboundAction Allow -LogBlocked True',
      'drop',
    ],
    ["-Profile 'Domain, Public' -Enabled False", 'unknown'],
    ['-Profile Any -Enabled 0', 'unknown'],
    ['-Profile Any -Enabled $false', 'unknown'],
  ])('takes Set-NetFirewallProfile %s', (parameters, expected) => {
    const web =
      'Write-Host "rules"\nNew-NetFirewallRule -Protocol TCP -LocalPort 80 -Action Allow | Out-Null\n';
    expect(fate(parse(windows, web), 80)).toBe('accept');
    expect(fate(parse(windows, `${web}Set-NetFirewallProfile ${parameters}`), 22)).toBe(expected);
  });

  it.each([
    ['a quotation', "New-NetFirewallRule -Name 'x"],
    ['a list', 'New-NetFirewallRule -Name x -LocalPort @(1,'],
    ['a line', 'New-NetFirewallRule -Name x `\n'],
  ])('refuses one that ends in %s', (_, text) => {
    expect(() => parse(windows, text)).toThrow(/this is no windows text/);
  });
});

describe('the collecting script', () => {
  it('changes nothing', () => {
    expect(COLLECT_WINDOWS).not.toMatch(/\b(?:Set|New|Remove|Enable|Disable)-Net/);
    expect(COLLECT_WINDOWS).toContain(WINDOWS_SCHEMA);
  });
});

describe('change', () => {
  const base =
    'New-NetFirewallRule -Name open -DisplayName open -Direction Inbound -Action Allow -Protocol TCP -LocalPort 5432,80\n';

  it('closes a port, and undo names what it made', () => {
    const script = windows.change(
      { transport: 'tcp', port: 5432, families: [4, 6], reason: "no one's" },
      [],
    );
    const after = parse(windows, `${base}${script.apply[0]?.stdin}`);
    expect(fate(after, 5432)).toBe('drop');
    expect(fate(after, 80)).toBe('accept');
    expect(script.undo[0]?.stdin).toContain('Remove-NetFirewallRule -Name Postern-close-tcp-5432');
  });

  it('closes it over one family', () => {
    const script = windows.change({ transport: 'tcp', port: 5432, families: [6], reason: '' }, []);
    const after = parse(windows, `${base}${script.apply[0]?.stdin}`);
    expect(fate(after, 5432)).toBe('accept');
    expect(fate(after, 5432, { source: '2001:db8::1' })).toBe('drop');
  });

  it('leaves it open for some', () => {
    const only = ['10.0.0.0/8', '192.0.2.7', '2001:db8:1::/48'];
    const script = windows.change(
      { transport: 'tcp', port: 5432, families: [4, 6], only, reason: '' },
      [],
    );
    const after = parse(windows, `${base}${script.apply[0]?.stdin}`);
    expect(fate(after, 5432, { source: '10.3.2.1' })).toBe('accept');
    expect(fate(after, 5432, { source: '192.0.2.7' })).toBe('accept');
    expect(fate(after, 5432, { source: '192.0.2.8' })).toBe('drop');
    expect(fate(after, 5432, { source: '2001:db8:1::9' })).toBe('accept');
    expect(fate(after, 5432, { source: '2001:db8:2::9' })).toBe('drop');
  });

  it('leaves it open on one device, of those it knows', () => {
    const script = windows.change(
      { transport: 'tcp', port: 5432, families: [4, 6], device: 'em1', reason: '' },
      [server],
    );
    const after = parse(windows, `${base}${script.apply[0]?.stdin}`);
    expect(fate(after, 5432, { device: 'em1' })).toBe('accept');
    expect(fate(after, 5432, { device: 'em0' })).toBe('drop');
    expect(() =>
      windows.change({ transport: 'tcp', port: 1, families: [4], device: 'em1', reason: '' }, []),
    ).toThrow(/cannot restrict tcp port 1 in windows/);
  });

  it('takes ten thousand blocks in rules of a thousand ranges', () => {
    const only = Array.from({ length: 10_000 }, (_, at) => `10.${at >> 8}.${at & 255}.128/25`);
    const { undo, apply } = windows.change(
      { transport: 'tcp', port: 5432, families: [4], only, reason: '' },
      [],
    );
    expect(undo[0]?.stdin?.match(/Remove-NetFirewallRule/g)?.length).toBe(11);
    const after = parse(windows, `${base}${apply[0]?.stdin}`);
    expect(fate(after, 5432, { source: '10.1.1.200' })).toBe('accept');
    expect(fate(after, 5432, { source: '10.1.1.100' })).toBe('drop');
  });
});
