import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readWindowsAnswer } from './sockets.ts';

// No Windows is here. The shape is that of ConvertTo-Json over the properties that Microsoft documents for
// MSFT_NetTCPConnection, MSFT_NetUDPEndpoint, Win32_Process and Win32_Service.
const ANSWER = {
  tcp: [
    { LocalAddress: '::', LocalPort: 135, OwningProcess: 1004 },
    { LocalAddress: '0.0.0.0', LocalPort: 135, OwningProcess: 1004 },
    { LocalAddress: '::', LocalPort: 445, OwningProcess: 4 },
    { LocalAddress: '127.0.0.1', LocalPort: 5432, OwningProcess: 5120 },
    { LocalAddress: 'fe80::1c2d:3e4f:5a6b:7c8d%4', LocalPort: 139, OwningProcess: 4 },
  ],
  udp: [
    { LocalAddress: '0.0.0.0', LocalPort: 5353, OwningProcess: 2200 },
    { LocalAddress: '0.0.0.0', LocalPort: 5353, OwningProcess: 2200 },
    { LocalAddress: '0.0.0.0', LocalPort: 3702, OwningProcess: 9999 },
  ],
  processes: [
    { ProcessId: 4, Name: 'System', ExecutablePath: null, CommandLine: null },
    { ProcessId: 1004, Name: 'svchost.exe', ExecutablePath: null, CommandLine: null },
    {
      ProcessId: 2200,
      Name: 'chrome.exe',
      ExecutablePath: 'C:\\Chrome\\chrome.exe',
      CommandLine: '"C:\\Chrome\\chrome.exe" --token abc',
    },
    {
      ProcessId: 5120,
      Name: 'postgres.exe',
      ExecutablePath: 'C:\\PostgreSQL\\bin\\postgres.exe',
      CommandLine: null,
    },
  ],
  services: [
    { Name: 'RpcSs', ProcessId: 1004, StartName: 'NT AUTHORITY\\NetworkService' },
    { Name: 'RpcEptMapper', ProcessId: 1004, StartName: 'NT AUTHORITY\\NetworkService' },
    { Name: 'postgresql-x64-16', ProcessId: 5120, StartName: 'NT AUTHORITY\\NetworkService' },
  ],
};
const TEXT = JSON.stringify(ANSWER);

describe('readWindowsAnswer', () => {
  const { listeners, complete } = readWindowsAnswer(`\uFEFF${TEXT}\r\n`);
  const at = (port: number) => listeners.filter((one) => one.port === port);

  it('joins sockets, processes and services', () => {
    expect(complete).toBe(true);
    expect(at(5432)).toMatchObject([
      {
        bind: '127.0.0.1',
        scope: 'loopback',
        program: 'postgres',
        unit: 'postgresql-x64-16',
        user: 'NT AUTHORITY\\NetworkService',
        unseen: [],
      },
    ]);
    expect(at(135)).toMatchObject([
      { bind: '0.0.0.0', families: [4], unit: 'RpcEptMapper, RpcSs' },
      {
        bind: '::',
        families: [6],
        scope: 'all',
        unseen: ['executable: needs administrator rights'],
      },
    ]);
    expect(at(5353)).toMatchObject([{ program: 'chrome', processes: 1 }]);
    expect(at(5353)[0]?.command).toBe('"C:\\Chrome\\chrome.exe" --token ***');
  });

  it('says what is not to be seen', () => {
    expect(at(445)[0]).toMatchObject({
      program: 'System',
      unseen: [expect.stringContaining('kernel')],
    });
    expect(at(3702)[0]?.unseen[0]).toMatch(/ended, or needs administrator/);
    expect(at(139)[0]?.bind).toBe('fe80::1c2d:3e4f:5a6b:7c8d%4');
  });

  it('reads a list of one that is no list', () => {
    const one = { ...ANSWER, tcp: ANSWER.tcp[3], services: ANSWER.services[2], udp: [] };
    expect(readWindowsAnswer(JSON.stringify(one)).listeners).toMatchObject([
      { port: 5432, unit: 'postgresql-x64-16' },
    ]);
  });

  it.each([
    '',
    'null',
    '{}',
    '{"tcp":null,"udp":[]}',
    '[]',
    'Get-NetTCPConnection : Access denied',
  ])('never takes %j for a machine where nobody listens', (text) => {
    const look = readWindowsAnswer(text);
    expect(look.complete).toBe(false);
    expect(look.unseen).toHaveLength(1);
  });

  it('takes any text', () => {
    const mutated = fc
      .tuple(fc.nat(TEXT.length), fc.string({ maxLength: 20 }))
      .map(([at_, what]) => TEXT.slice(0, at_) + what + TEXT.slice(at_ + what.length));
    fc.assert(
      fc.property(fc.oneof(mutated, fc.json(), fc.string()), (text) => {
        for (const { bind, port } of readWindowsAnswer(text).listeners) {
          expect(isIP(bind.split('%')[0] ?? '')).toBeGreaterThan(0);
          expect(port).toBeGreaterThan(0);
        }
      }),
    );
  });
});
