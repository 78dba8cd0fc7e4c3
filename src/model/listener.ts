import type { Transport } from './port.ts';

/**
 * From where a bind address can be reached at all, before any firewall:
 * - `loopback`: this machine only.
 * - `one`: one address or one device.
 * - `all`: every address of a family.
 */
export type BindScope = 'loopback' | 'one' | 'all';

/** A socket that accepts TCP connections or UDP datagrams. Its identity is `listenerKey`: never a pid or inode. */
export interface Listener {
  readonly transport: Transport;
  /** Canonical text (RFC 5952), with zone for link-local: `0.0.0.0`, `::`, `127.0.0.1`, `fe80::1%eth0`. */
  readonly bind: string;
  /** Families it answers for: `[4, 6]` for a dual-stack socket on `::`. */
  readonly families: readonly (4 | 6)[];
  readonly scope: BindScope;
  /** Device the socket is tied to (SO_BINDTODEVICE). */
  readonly device?: string;
  readonly port: number;
  /**
   * Network namespace: `host`, the name of a named one, `container NAME`, or for one without a name
   * `of NAME`, the unit or program that is in it.
   */
  readonly namespace: string;
  /** Name of the program (`sshd`), and what it was started as; secrets in it are masked. */
  readonly program?: string;
  readonly command?: string;
  /** Absolute path of the executable. */
  readonly executable?: string;
  /** User name, or the number when it has none. */
  readonly user?: string;
  /** systemd unit (`ssh.service`), Windows service or launchd label. */
  readonly unit?: string;
  readonly package?: OwningPackage;
  readonly container?: Container;
  /** Processes that hold it. */
  readonly processes?: number;
  /** What could not be seen, a sentence each: `program: needs root`. */
  readonly unseen: readonly string[];
}

/** The package that owns the executable. */
export interface OwningPackage {
  readonly manager: 'dpkg' | 'rpm' | 'apk';
  readonly name: string;
  readonly version: string;
}

export interface Container {
  readonly runtime: 'docker' | 'podman' | 'other';
  /** Name, or the first 12 digits of the id where the runtime was not asked. */
  readonly name: string;
  readonly image?: string;
}

/** A port of the host that a container runtime hands on to a container; there may be no listener for it. */
export interface Publication {
  readonly transport: Transport;
  readonly bind: string;
  readonly port: number;
  readonly container: Container;
  readonly containerPort: number;
  readonly containerAddress?: string;
}

/** Same key, same listener, across restarts: transport, namespace, bind, device, port and program. */
export function listenerKey(listener: Listener): string {
  const { transport, namespace, bind, device, port, program } = listener;
  return [namespace, transport, bind, device ?? '', port, program ?? ''].join(' ');
}
