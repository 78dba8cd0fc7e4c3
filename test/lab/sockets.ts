import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Child, startChild } from './child.ts';

/** A socket to open; in Python, which sets every option. */
export interface SocketSpec {
  readonly transport: 'tcp' | 'udp';
  /** With zone for link-local. */
  readonly bind: string;
  readonly port: number;
  readonly v6only?: boolean;
  readonly device?: string;
  /** Opened so often on the same port (SO_REUSEPORT). */
  readonly times?: number;
  /** The other end; makes a UDP socket connected. */
  readonly connect?: readonly [string, number];
}

export interface SocketHolder {
  /** Becomes this user when the sockets are open. */
  readonly user?: string;
  /** Processes that inherit all sockets, besides the first. */
  readonly forks?: number;
  readonly namespace?: string;
  readonly args?: readonly string[];
}

const OPENED_WITHIN = 10_000;
const SCRIPT = `
import json, os, pwd, socket, time
specs, forks, user = json.loads(os.environ['SOCKETS'])
held = []
for spec in specs:
    family = socket.AF_INET6 if ':' in spec['bind'] else socket.AF_INET
    kind = socket.SOCK_STREAM if spec['transport'] == 'tcp' else socket.SOCK_DGRAM
    for _ in range(spec.get('times', 1)):
        s = socket.socket(family, kind)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if spec.get('times', 1) > 1:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if 'v6only' in spec:
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(spec['v6only']))
        if 'device' in spec:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, spec['device'].encode())
        s.bind(socket.getaddrinfo(spec['bind'], spec['port'], family, kind)[0][4])
        if 'connect' in spec:
            s.connect(tuple(spec['connect']))
        elif spec['transport'] == 'tcp':
            s.listen(16)
        s.set_inheritable(True)
        held.append(s)
if user:
    os.setuid(pwd.getpwnam(user).pw_uid)
for _ in range(forks):
    if os.fork() == 0:
        break
else:
    print('sockets open', flush=True)
time.sleep(3600)
`;

/** Opens sockets in one program, which holds them until it is killed. */
export async function holdSockets(
  specs: readonly SocketSpec[],
  folder: string,
  { user, forks = 0, namespace, args = [] }: SocketHolder = {},
): Promise<Child> {
  const script = join(folder, 'sockets.py');
  writeFileSync(script, SCRIPT);
  const child = startChild(
    {
      command: 'python3',
      args: [script, ...args],
      env: { SOCKETS: JSON.stringify([specs, forks, user ?? '']) },
      ...(namespace === undefined ? {} : { namespace }),
    },
    join(folder, `sockets-${specs[0]?.port}.log`),
  );
  const deadline = Date.now() + OPENED_WITHIN;
  while (!child.log().includes('sockets open')) {
    const ended = child.ended();
    if (ended !== undefined || Date.now() > deadline) {
      throw new Error(`the sockets were not opened (${ended}): ${child.log()}`);
    }
    await sleep(20);
  }
  return child;
}
