import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { kindNamed } from '../firewall/kinds.ts';
import { readFirewallFile } from './firewall-files.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'postern-firewall-files-'));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

function put(path: string, text: string): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

it('takes the folder of ufw for ufw, and its defaults beside it', async () => {
  // one file of each role, as convert writes them; the package keeps scripts and profiles there too
  for (const { path, text } of kindNamed('ufw').write({ allow: [] })) put(path, text);
  put('etc/ufw/after.init', '#!/bin/sh\nexit 0\n');
  put('etc/ufw/applications.d/ssh', '[OpenSSH]\nports=22/tcp\n');
  for (const kind of [undefined, 'ufw'] as const) {
    const layer = await readFirewallFile(join(root, 'etc/ufw'), kind);
    expect(layer).toMatchObject({ kind: 'ufw', unread: [] });
  }
  rmSync(join(root, 'etc/default/ufw'));
  const { unread } = await readFirewallFile(join(root, 'etc/ufw'));
  expect(unread.join()).toContain('/etc/default/ufw');
});

it('reads the zones that the package of firewalld brings beside its folder', async () => {
  put('etc/firewalld/firewalld.conf', 'DefaultZone=public\n');
  const folder = join(root, 'etc/firewalld');
  const rulesOf = async () => inspect(await readFirewallFile(folder), { depth: null });
  expect(await rulesOf()).not.toContain('8443');
  put(
    'usr/lib/firewalld/zones/public.xml',
    '<?xml version="1.0"?>\n<zone><port port="8443" protocol="tcp"/></zone>\n',
  );
  expect(await rulesOf()).toContain('8443');
});
