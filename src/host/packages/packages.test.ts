import { spawnSync } from 'node:child_process';
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { findCommand, met } from '../../../test/helpers/needs.ts';
import { makeFolder, removeFolder } from '../../../test/lab/folders.ts';
import { findApkOwners, readApkOwners } from './apk.ts';
import { findDpkgOwners, readDiversions, readVersions } from './dpkg.ts';
import { readRpmOwners } from './rpm.ts';

const root = makeFolder('packages');
afterAll(() => removeFolder(root));

function put(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function mutated(...texts: string[]) {
  return fc
    .tuple(fc.constantFrom(...texts), fc.nat(400), fc.string({ maxLength: 20 }))
    .map(([text, at, what]) => text.slice(0, at) + what + text.slice(at + what.length));
}

// in the form of deb822(5) and of dpkg's files here
const STATUS = `Package: openssh-server
Status: install ok installed
Architecture: amd64
Version: 1:9.2p1-2+deb12u3
Description: secure shell (SSH) server
 Version: 0 is no field, it is indented

Package: libx
Architecture: i386
Version: 1.0

Package: libx
Architecture: amd64
Version: 1.1
`;
const DIVERSIONS = `/usr/bin/tool
/usr/bin/tool.distrib
wrapper
/usr/sbin/by-hand
/usr/sbin/by-hand.real
:
`;

describe('dpkg', () => {
  put(
    'var/lib/dpkg/status',
    `${STATUS}\nPackage: wrapper\nVersion: 3\n\nPackage: tools\nVersion: 2\n`,
  );
  put('var/lib/dpkg/diversions', DIVERSIONS);
  put('var/lib/dpkg/info/openssh-server.list', '/.\n/usr\n/usr/sbin\n/usr/sbin/sshd\n');
  put('var/lib/dpkg/info/libx:amd64.list', '/lib/x/daemon.v1+2\n');
  put('var/lib/dpkg/info/libx:i386.list', '/lib/x/daemon-other\n');
  put('var/lib/dpkg/info/tools.list', '/bin/tool\n/usr/bin/tool\n/usr/sbin/by-hand\n');
  put('var/lib/dpkg/info/wrapper.list', '/usr/bin/tool\n');

  it('finds the owner, its version and, since the merge of /usr, the old place', () => {
    const owners = findDpkgOwners(root, ['/usr/sbin/sshd', '/usr/lib/x/daemon.v1+2', '/opt/x']);
    expect(owners).toEqual(
      new Map([
        [
          '/usr/sbin/sshd',
          { manager: 'dpkg', name: 'openssh-server', version: '1:9.2p1-2+deb12u3' },
        ],
        ['/usr/lib/x/daemon.v1+2', { manager: 'dpkg', name: 'libx', version: '1.1' }],
      ]),
    );
  });

  it('follows diversions', () => {
    const paths = ['/usr/sbin/by-hand', '/usr/sbin/by-hand.real', '/usr/bin/tool.distrib'];
    const owners = findDpkgOwners(root, paths);
    expect([...owners].map(([path, { name }]) => [path, name])).toEqual([
      ['/usr/bin/tool.distrib', 'tools'],
      ['/usr/sbin/by-hand.real', 'tools'],
    ]);
  });

  it.skipIf(!met({ linux: true, commands: ['dpkg-query'] }))('agrees with dpkg-query', () => {
    const commands = ['bash', 'ip', 'tar', 'perl', 'setpriv', 'dpkg'];
    const paths = commands
      .flatMap((name) => findCommand(name) ?? [])
      .map((path) => realpathSync(path));
    const owners = findDpkgOwners('', paths);
    for (const path of paths) {
      const places = [path, path.replace(/^\/usr/, '')];
      const said = places.map((place) =>
        spawnSync(findCommand('dpkg-query') ?? '', ['-S', place], { encoding: 'utf8' }),
      );
      expect(said.map(({ stdout }) => stdout.split(':')[0])).toContain(owners.get(path)?.name);
    }
    expect(owners.size).toBe(paths.length);
  });

  it('takes any text', () => {
    fc.assert(
      fc.property(fc.oneof(mutated(STATUS, DIVERSIONS), fc.string()), (text) => {
        for (const version of readVersions(text, new Set(['libx'])).values()) {
          expect(version).not.toContain('\n');
        }
        expect(readDiversions(text).length).toBeLessThanOrEqual(text.split('\n').length / 3);
      }),
    );
  });
});

// in the form of Alpine's apk_installed(5)
const APK = `C:Q1pBGuRXkYhRzUQxmWaNTIr3yHmuI=
P:nginx
V:1.26.2-r0
A:x86_64
F:usr
F:usr/sbin
R:nginx
a:0:0:755
Z:Q1abc=

P:busybox
V:1.36.1-r29
F:bin
R:busybox
`;

describe('apk', () => {
  it('finds the owner', () => {
    put('lib/apk/db/installed', APK);
    expect(findApkOwners(root, ['/usr/sbin/nginx', '/usr/bin/busybox', '/bin/none'])).toEqual(
      new Map([
        ['/usr/sbin/nginx', { manager: 'apk', name: 'nginx', version: '1.26.2-r0' }],
        ['/usr/bin/busybox', { manager: 'apk', name: 'busybox', version: '1.36.1-r29' }],
      ]),
    );
  });

  it('takes any text', () => {
    fc.assert(
      fc.property(fc.oneof(mutated(APK), fc.string()), (text) => {
        for (const path of readApkOwners(text, ['/usr/sbin/nginx']).keys()) {
          expect(path).toBe('/usr/sbin/nginx');
        }
      }),
    );
  });
});

describe('rpm', () => {
  // as rpm 4.18.0 printed it here for packages made for it, other names put in
  const RPM =
    'openssh-server\t8.7p1-38.el9\nfile /opt/x is not owned by any package\nbind\t32:9.16.23-14.el9\n';

  it('reads an answer for each file', () => {
    expect(readRpmOwners(RPM, ['/usr/sbin/sshd', '/opt/x', '/usr/sbin/named'])).toEqual(
      new Map([
        ['/usr/sbin/sshd', { manager: 'rpm', name: 'openssh-server', version: '8.7p1-38.el9' }],
        ['/usr/sbin/named', { manager: 'rpm', name: 'bind', version: '32:9.16.23-14.el9' }],
      ]),
    );
  });

  it('does not guess when there are more or fewer answers than files', () => {
    expect(readRpmOwners(RPM, ['/usr/sbin/sshd', '/opt/x'])).toBeNull();
    expect(readRpmOwners(RPM, ['/gone', '/usr/sbin/sshd', '/opt/x', '/usr/sbin/named'])).toBeNull();
    expect(readRpmOwners('a\t1\nb\t2\n', ['/x'])?.get('/x')?.name).toBe('a');
  });

  it('takes any text', () => {
    fc.assert(
      fc.property(fc.oneof(mutated(RPM), fc.string()), (text) => {
        const owners = readRpmOwners(text, ['/a', '/b']);
        for (const path of owners?.keys() ?? []) expect(['/a', '/b']).toContain(path);
      }),
    );
  });
});
