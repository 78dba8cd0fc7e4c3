import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scanReport } from '../../src/contract/scan.ts';
import { portsOf } from '../conformity/probing.ts';
import { type Installation, install } from '../helpers/installation.ts';
import { met } from '../helpers/needs.ts';
import { PROGRAM, postern } from '../helpers/postern.ts';
import { type ScriptedPeer, say, scriptedPeer } from '../helpers/scripted-peer.ts';

let ssh: ScriptedPeer;

beforeAll(async () => {
  ssh = await scriptedPeer([say('SSH-2.0-OpenSSH_9.9\r\n')]);
});
afterAll(() => ssh.close());

interface Gist {
  readonly engine: string;
  readonly open: readonly string[];
}

/** Scans `ports` of 127.0.0.1 with the program that `command` starts. */
async function scan(
  ports: readonly number[],
  command: readonly string[],
  ...more: string[]
): Promise<Gist & { readonly stderr: string }> {
  const args = ['scan', '127.0.0.1', '-p', ports.join(','), '--json', '--no-save', ...more];
  const { stdout, stderr } = await postern(args, { command });
  if (stdout === '') throw new Error(stderr);
  const report = scanReport.parse(JSON.parse(stdout));
  const open = report.hosts.flatMap((host) =>
    host.ports.map(({ port, service }) => `${port} ${service?.protocol}`),
  );
  return { engine: report.scan.scope.engine, open, stderr };
}

/** Makes Node say that it runs elsewhere; tells at the end which parts of Linux were loaded. */
function elsewhere(platform: string): string {
  const script = `
    import { syncBuiltinESMExports } from 'node:module';
    import os from 'node:os';
    Object.defineProperty(process, 'platform', { value: '${platform}' });
    os.platform = () => '${platform}';
    syncBuiltinESMExports();
    process.on('exit', () => {
      const { sharedObjects } = process.report.getReport();
      const foreign = sharedObjects.filter((path) => path.includes('koffi'));
      if (foreign.length > 0) process.stderr.write('loaded ' + foreign.join());
    });`;
  return `data:text/javascript,${encodeURIComponent(script)}`;
}

describe.each(['darwin', 'win32', 'freebsd'])('on %s', (platform) => {
  const command = [process.execPath, '--import', elsewhere(platform), PROGRAM];

  it('scans with the portable engine and says why', async () => {
    expect(await scan([ssh.port], command, '--verbose')).toEqual({
      engine: 'node',
      open: [`${ssh.port} ssh`],
      stderr: `note: engine syn is not used: it needs Linux, this is ${platform}\n`,
    });
  });

  it('refuses the engine of Linux when it is asked for', async () => {
    const args = ['scan', '127.0.0.1', '-p', `${ssh.port}`, '--engine', 'epoll'];
    const { code, stdout, stderr } = await postern(args, { command });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`it needs Linux, this is ${platform}`);
  });
});

describe('installed without its optional package', () => {
  let bare: Installation;
  beforeAll(() => {
    bare = install({ optional: false });
  });
  afterAll(() => bare.remove());

  it('scans with the portable engine and says why only when asked', async () => {
    const command = [process.execPath, bare.program];
    const open = [`${ssh.port} ssh`];
    expect(await scan([ssh.port], command)).toEqual({ engine: 'node', open, stderr: '' });
    const { engine, stderr } = await scan([ssh.port], command, '--verbose');
    expect(engine).toBe('node');
    if (process.platform === 'linux') {
      expect(stderr).toContain('engine syn is not used: the package koffi did not load');
    }
  });
});

describe('where the library of the store has no binary', () => {
  let bare: Installation;
  beforeAll(() => {
    bare = install({ optional: false });
  });
  afterAll(() => bare.remove());

  it('says in one line that the scan was not stored, and prints it', async () => {
    const args = ['scan', '127.0.0.1', '-p', `${ssh.port}`, '--json'];
    const command = [process.execPath, bare.program];
    const { stdout, stderr } = await postern(args, { command });
    expect(scanReport.parse(JSON.parse(stdout)).hosts[0]?.ports).toHaveLength(1);
    expect(stderr).toMatch(/^warning STORE_OPEN: .*this scan was not stored\n$/);
  });
});

describe.skipIf(!met({ root: true, linux: true, commands: ['setpriv'] }))(
  'as an ordinary user',
  () => {
    let installed: Installation;
    beforeAll(() => {
      installed = install({ optional: true });
    });
    afterAll(() => installed.remove());

    it.each(['epoll', 'node'])('finds what root finds with engine %s', async (engine) => {
      const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'];
      const program = [process.execPath, installed.program];
      const ports = [ssh.port, ...Array.from({ length: 200 }, (_, at) => at + 1)];
      const asRoot = await scan(ports, program, '--engine', engine);
      const asNobody = await scan(ports, [...nobody, ...program], '--engine', engine);
      expect(asRoot).toMatchObject({ engine, stderr: '' });
      expect(asRoot.open).toContain(`${ssh.port} ssh`);
      expect(asNobody).toEqual(asRoot);
    });

    it('finds what root finds with SYN packets, by connecting', async () => {
      const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'];
      const program = [process.execPath, installed.program];
      const ports = [ssh.port, ...Array.from({ length: 200 }, (_, at) => at + 1)];
      const asRoot = await scan(ports, program);
      const asNobody = await scan(ports, [...nobody, ...program]);
      expect(asRoot).toEqual({ engine: 'syn', open: asNobody.open, stderr: '' });
      expect(asNobody).toEqual({ engine: 'epoll', open: asRoot.open, stderr: '' });
    });
  },
);

describe.skipIf(!met({ linux: true, commands: ['prlimit'] }))('with 128 file descriptors', () => {
  const servers: Server[] = [];
  beforeAll(async () => {
    for (let count = 0; count < 150; count++) {
      const server = createServer((socket) => socket.on('error', () => undefined).end('+PONG\r\n'));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      servers.push(server);
    }
  });
  afterAll(() => {
    for (const server of servers) server.close();
  });

  it.each(['epoll', 'node'])('loses nothing with engine %s', async (engine) => {
    const command = ['prlimit', '--nofile=128', process.execPath, PROGRAM];
    const open = portsOf(servers);
    const closed = Array.from({ length: 2000 }, (_, at) => at + 61_000);
    const ports = [...new Set([...open, ...closed])];
    const found = await scan(ports, command, '--engine', engine, '--no-identify');
    const numbers = found.open.map((line) => Number(line.split(' ')[0]));
    expect(numbers.filter((port) => open.includes(port))).toEqual(open);
    // epoll keeps below the limit by itself; node:net learns of it by running into it
    if (engine === 'node') expect(found.stderr).toContain('ran out of file descriptors');
    else expect(found.stderr).toBe('');
  });

  it('identifies what answers', async () => {
    const command = ['prlimit', '--nofile=128', process.execPath, PROGRAM];
    const found = await scan([ssh.port], command);
    expect(found.open).toEqual([`${ssh.port} ssh`]);
  });
});
