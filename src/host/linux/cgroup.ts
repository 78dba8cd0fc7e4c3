/** Ids of containers are 64 hexadecimal digits; people see the first 12. */
const SHORT_ID = 12;
/** A container's own group, by runtime: in a systemd scope, or a folder of cgroupfs. */
const SCOPE = /^(docker|libpod|cri-containerd|crio|nerdctl|cri-o)-([\da-f]{64})(?:\.scope)?$/;
const BARE = /^[\da-f]{64}$/;
const LXC = /^lxc\.payload\.(.+)$/;
const NSPAWN = /^(?:machine-(.+)\.scope|systemd-nspawn@(.+)\.service)$/;
const UNIT = /^.+\.(?:service|socket|scope|mount|swap)$/;

export interface ControlGroup {
  /** systemd unit; absent where there is none, and in containers. */
  readonly unit?: string;
  readonly container?: ContainerGroup;
}

export interface ContainerGroup {
  readonly runtime: 'docker' | 'podman' | 'other';
  /** 64 digits, or the name where the runtime has no ids. */
  readonly id: string;
}

/** Reads /proc/PID/cgroup (cgroups(7)): lines of `number:controllers:path`, both versions. */
export function readCgroup(text: string): ControlGroup {
  const paths = text
    .split('\n')
    .map((line) => /^\d+:([^:]*):(\/.*)$/.exec(line))
    .filter((match) => match !== null)
    .sort((a, b) => rank(a[1]) - rank(b[1]))
    .map(([, , path = '']) => path);
  for (const path of paths) {
    const container = containerOf(path);
    if (container !== null) return { container };
  }
  const units = paths.map(unitOf).filter((unit) => unit !== null);
  return units[0] === undefined ? {} : { unit: units[0] };
}

/** What a path below the root of the hierarchy says. */
export function readCgroupPath(path: string): ControlGroup {
  return readCgroup(`0::${path}`);
}

/** systemd's own hierarchy of version 1 before version 2, other controllers last. */
function rank(controllers: string | undefined): number {
  if (controllers === 'name=systemd') return 0;
  return controllers === '' ? 1 : 2;
}

function containerOf(path: string): ContainerGroup | null {
  const parts = path.split('/');
  for (const [index, part] of parts.entries()) {
    const scope = SCOPE.exec(part);
    if (scope !== null) return { runtime: runtimeOf(scope[1]), id: scope[2] ?? '' };
    if (BARE.test(part)) return { runtime: folderRuntime(parts[index - 1]), id: part };
    const named = LXC.exec(part) ?? NSPAWN.exec(part);
    const id = named?.slice(1).find((name) => name !== undefined) ?? lxcName(parts, index);
    if (id !== null) return { runtime: 'other', id };
  }
  return null;
}

/** `/lxc/NAME` of older versions. */
function lxcName(parts: readonly string[], index: number): string | null {
  const name = parts[index];
  return parts[index - 1] === 'lxc' && index === 2 && name !== undefined ? name : null;
}

function runtimeOf(prefix: string | undefined): ContainerGroup['runtime'] {
  if (prefix === 'docker') return 'docker';
  return prefix === 'libpod' ? 'podman' : 'other';
}

function folderRuntime(folder: string | undefined): ContainerGroup['runtime'] {
  if (folder === 'docker') return 'docker';
  return folder === 'libpod_parent' || folder === 'libpod' ? 'podman' : 'other';
}

/** The innermost: services of a user lie below `user@1000.service`. */
function unitOf(path: string): string | null {
  return path.split('/').findLast((part) => UNIT.test(part)) ?? null;
}

export function shortId(id: string): string {
  return BARE.test(id) ? id.slice(0, SHORT_ID) : id;
}
