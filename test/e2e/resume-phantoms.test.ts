import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scanReport } from '../../src/contract/scan.ts';
import type { ScanReport } from '../../src/model/scan.ts';
import { postern } from '../helpers/postern.ts';
import { makeNamespace, type Namespace, namespacesMet } from '../lab/namespace.ts';
import { pretend } from '../lab/phantoms.ts';

/** What is said of the host, without what depends on how many canaries answered in time. */
function gist({ scan, hosts }: ScanReport) {
  return {
    problems: scan.problems,
    answered: scan.stats.answered,
    hosts: hosts.map(({ counts, phantoms = [], ports }) => ({
      counts,
      phantoms: phantoms.map(({ kind, transport, ports: numbers }) => [kind, transport, numbers]),
      ports: ports.map((port) => `${port.transport} ${port.port} ${port.state} ${port.standing}`),
    })),
  };
}

function parsed({ stdout, stderr }: { stdout: string; stderr: string }): ScanReport {
  if (stdout === '') throw new Error(stderr);
  return scanReport.parse(JSON.parse(stdout));
}

describe.skipIf(!namespacesMet('nft', 'setpriv', 'sysctl'))(
  'a host that answers everywhere',
  () => {
    let host: Namespace;
    let folder: string;
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'postern-resume-'));
      host = makeNamespace();
      await host.echo([4000, 53]);
      await pretend(host, 'resets');
    });
    afterAll(() => {
      host?.close();
      rmSync(folder, { recursive: true });
    });

    it('is told apart from its UDP ports, and alike after a kill', async () => {
      const file = join(folder, 'phantoms.state');
      const pace = ['--rate', '200', '--engine', 'connect', '--seed', '11'];
      const args = [
        'scan',
        host.far.v4,
        '-p',
        '1-300,U:53,1000,4000',
        ...pace,
        '--json',
        '--quiet',
      ];
      const whole = parsed(await postern(args));
      const [found] = whole.hosts;
      expect(found?.counts).toMatchObject({ open: 302, verified: 2, phantom: 300, closed: 1 });
      expect(gist(whole).hosts[0]).toMatchObject({
        phantoms: [['reset-after-handshake', 'tcp', '1-300']],
        ports: ['udp 53 open verified', 'udp 4000 open verified'],
      });
      let child: ChildProcess | undefined;
      const running = postern([...args, '--resume', file], {
        onStart: (started) => {
          child = started;
        },
      });
      for (let tries = 0; tries < 200 && !existsSync(file); tries += 1) await sleep(50);
      await sleep(1500);
      child?.kill('SIGKILL');
      await running;
      expect(child?.signalCode).toBe('SIGKILL');
      const resumed = await postern(['scan', '--resume', file, '--json', '--quiet']);
      expect(gist(parsed(resumed))).toEqual(gist(whole));
      const refused = await postern(['scan', '--resume', file, '--phantoms', 'never']);
      expect(refused.stderr).toContain('phantoms (auto in the file, never given)');
    }, 120_000);
  },
);
