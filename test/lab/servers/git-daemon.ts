import { join } from 'node:path';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

/** gitprotocol-common(5): a line preceded by its length in four hexadecimal digits. */
function line(text: string): string {
  return (text.length + 4).toString(16).padStart(4, '0') + text;
}

/** Exports /lab.git; names its version only to those who know the path of a repository. */
export const gitDaemon = defineServer({
  name: 'git-daemon',
  needs: { linux: true, commands: ['git'], packages: ['git'] },
  product: 'git',
  version: () => packageVersion('git'),
  doors: {
    git: {
      protocol: 'git',
      reveals: 'protocol',
      hello: { send: line('git-upload-pack /lab.git\0host=lab.test\0'), expect: '00' },
    },
  },
  start: async ({ dir, address, ports, run }) => {
    const repositories = join(dir, 'repositories');
    await run('git', ['init', '-q', '--bare', join(repositories, 'lab.git')]);
    const where = [`--listen=${address}`, `--port=${ports.git}`];
    const what = ['--reuseaddr', '--export-all', '--informative-errors', '--verbose'];
    const base = [`--base-path=${repositories}`, repositories];
    // Run as another user than the folder's owner, git would refuse without this.
    const config = ['-c', 'safe.directory=*'];
    return { command: 'git', args: [...config, 'daemon', ...where, ...what, ...base] };
  },
});
