import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Script } from '../../src/firewall/kind.ts';
import { findCommand, met } from '../helpers/needs.ts';
import { makeFolder, removeFolder } from '../lab/folders.ts';
import { makeNamespace, type Namespace, namespacesMet } from '../lab/namespace.ts';

const BUILT = new URL('../../dist/host/apply/', import.meta.url).href;

/** Applies [folder, script] and takes it back; prints what undoChange resolves to. */
const THERE_AND_BACK = `
const { applyChange } = await import('${BUILT}apply.js');
const { ChangeStore } = await import('${BUILT}change-store.js');
const { undoChange } = await import('${BUILT}settle.js');
const [folder, script] = JSON.parse(process.argv[1]);
const store = new ChangeStore(folder);
const id = await applyChange({ store, summary: 'test', script, undoAfter: 60, check: async () => null });
console.log(JSON.stringify(await undoChange(store, id, false)));
`;

const NFT =
  'table inet mine { chain input { type filter hook input priority 0; tcp dport 22 accept; }; }';
const IPTABLES =
  '*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\nCOMMIT\n';

describe.skipIf(!(namespacesMet('nft') && met({ commands: ['iptables-legacy'] })))(
  'a way back that fails',
  () => {
    let namespace: Namespace;
    const folder = makeFolder('fallback');
    beforeAll(() => {
      namespace = makeNamespace();
    });
    afterAll(async () => {
      namespace.close();
      await removeFolder(folder);
    });

    function thereAndBack(
      part: Partial<Script> & Pick<Script, 'kind' | 'apply'>,
      ...environment: string[]
    ): unknown {
      const script: Script = {
        undo: [{ argv: ['false'] }],
        persist: [],
        touches: [],
        text: '',
        warnings: [],
        ...part,
      };
      const node = ['--input-type=module', '-e', THERE_AND_BACK];
      const setting = JSON.stringify([folder, script]);
      const command = [process.execPath, ...node, setting];
      return JSON.parse(namespace.exec('env', ...environment, ...command));
    }

    test('is made up for by the whole ruleset of nftables', () => {
      namespace.nft(NFT);
      const before = namespace.exec('nft', 'list', 'ruleset');
      const stdin = 'flush ruleset\ntable inet other { chain c { drop; }; }';
      const undone = thereAndBack({
        kind: 'nftables',
        apply: [{ argv: ['nft', '-f', '-'], stdin }],
      });
      expect(undone).toEqual({ state: 'undone', differing: [] });
      expect(namespace.exec('nft', 'list', 'ruleset')).toBe(before);
    });

    test('flushes no rules that could not be read', () => {
      const tools = join(folder, 'tools');
      mkdirSync(tools);
      const real = findCommand('nft') ?? '';
      const silent = `#!/bin/sh\n[ "$1" != -s ] || exit 1\nexec ${real} "$@"\n`;
      writeFileSync(join(tools, 'nft'), silent, { mode: 0o755 });
      const apply = [{ argv: ['nft', '-f', '-'], stdin: 'table inet ours { chain c { drop; }; }' }];
      const path = `PATH=${tools}:${process.env['PATH']}`;
      expect(() => thereAndBack({ kind: 'nftables', apply }, path)).toThrow('REMEDY_UNDO');
      expect(namespace.exec('nft', 'list', 'ruleset')).toContain('tcp dport 22 accept');
      namespace.exec('nft', 'delete', 'table', 'inet', 'ours');
    });

    test('is made up for by the tables of iptables', () => {
      const program = findCommand('iptables-legacy-restore') ?? '';
      const args = ['netns', 'exec', namespace.name, program];
      execFileSync('ip', args, { input: IPTABLES });
      const list = () => namespace.exec('iptables-legacy', '-S');
      const before = list();
      const apply = [
        { argv: ['iptables-legacy', '-P', 'INPUT', 'ACCEPT'] },
        { argv: ['iptables-legacy', '-F'] },
      ];
      const undone = thereAndBack({ kind: 'iptables', apply });
      expect(undone).toEqual({ state: 'undone', differing: [] });
      expect(list()).toBe(before);
    });
  },
);
