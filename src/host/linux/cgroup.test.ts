import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCgroup, shortId } from './cgroup.ts';

const ID = '3f2a9c'.repeat(10) + 'beef';

describe('readCgroup', () => {
  // forms as systemd.slice(5), the runtimes' drivers (cgroupfs and systemd) and the kubelet make them
  it.each([
    ['0::/system.slice/ssh.service', 'ssh.service'],
    ['0::/system.slice/system-getty.slice/getty@tty1.service', 'getty@tty1.service'],
    [
      '0::/user.slice/user-1000.slice/user@1000.service/app.slice/syncthing.service',
      'syncthing.service',
    ],
    ['0::/user.slice/user-0.slice/session-3.scope', 'session-3.scope'],
    ['0::/system.slice/docker.service', 'docker.service'],
    ['0::/init.scope', 'init.scope'],
    [
      '12:pids:/system.slice/a.service\n1:name=systemd:/system.slice/nginx.service\n0::/',
      'nginx.service',
    ],
  ])('finds the unit in %j', (text, unit) => {
    expect(readCgroup(text)).toEqual({ unit });
  });

  it.each([
    [`0::/system.slice/docker-${ID}.scope`, 'docker'],
    [`4:memory:/docker/${ID}\n0::/system.slice/containerd.service`, 'docker'],
    [`0::/machine.slice/libpod-${ID}.scope/container`, 'podman'],
    [`0::/libpod_parent/libpod-${ID}`, 'podman'],
    [`0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${ID}.scope`, 'podman'],
    [`0::/kubepods.slice/kubepods-pod1234.slice/cri-containerd-${ID}.scope`, 'other'],
    [`0::/kubepods/besteffort/pod1b4c3e0a-0f6e/${ID}`, 'other'],
    [`0::/system.slice/nerdctl-${ID}.scope`, 'other'],
  ])('finds the container in %j', (text, runtime) => {
    expect(readCgroup(text)).toEqual({ container: { runtime, id: ID } });
  });

  it.each([
    ['0::/lxc.payload.web/init.scope', 'web'],
    ['4:memory:/lxc/web/init.scope', 'web'],
    ['0::/machine.slice/machine-deb.scope/payload', 'deb'],
    ['0::/machine.slice/systemd-nspawn@deb.service/payload', 'deb'],
  ])('finds the named container in %j', (text, id) => {
    expect(readCgroup(text)).toEqual({ container: { runtime: 'other', id } });
  });

  it.each(['', '0::/', '9:name=systemd:/\n4:memory:/process_api/a781a534\n0::/'])(
    'finds nothing in %j',
    (text) => {
      expect(readCgroup(text)).toEqual({});
    },
  );

  it('takes any text', () => {
    const part = fc.constantFrom('/', '0::', ':', '\n', `docker-${ID}`, ID, '.scope', 'x.service');
    const text = fc.array(fc.oneof(part, fc.string({ maxLength: 8 }))).map((all) => all.join(''));
    fc.assert(
      fc.property(text, (any) => {
        const { unit, container } = readCgroup(any);
        expect(unit === undefined || container === undefined).toBe(true);
      }),
    );
  });
});

it('shortens ids, not names', () => {
  expect(shortId(ID)).toBe(ID.slice(0, 12));
  expect(shortId('web')).toBe('web');
});
