import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeVpn } from './vpn.ts';

test('both ends of a VPN are written, for this user alone, or neither is', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-vpn-'));
  const [server, client] = ['wg0.conf', 'wg0-client.conf'].map((name) => join(folder, name));
  if (server === undefined || client === undefined) throw new Error('no names');
  const options = { endpoint: 'vpn.example.org', vpnOutput: folder };
  const terminal = { out: process.stderr, err: process.stderr };
  try {
    writeFileSync(client, 'of before');
    await expect(writeVpn(options, terminal)).rejects.toMatchObject({ code: 'REMEDY_VPN' });
    expect(readdirSync(folder)).toEqual(['wg0-client.conf']);
    expect(readFileSync(client, 'utf8')).toBe('of before');
    rmSync(client);
    await writeVpn(options, terminal);
    expect([server, client].map((path) => statSync(path).mode & 0o777)).toEqual([0o600, 0o600]);
    expect(readFileSync(client, 'utf8')).toContain('Endpoint = vpn.example.org:51820');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
