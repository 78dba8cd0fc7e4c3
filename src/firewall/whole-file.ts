import type { Command } from './kind.ts';

/**
 * The step that replaces a file by what a shell command prints, which knows it as "$file" and `words`
 * from "$1" on: whole or not at all, links followed, its mode kept. A tool that writes its rules into
 * the file itself leaves half of them when it is killed, and iptables-save(8) takes a full disk for
 * success: a restart would load nothing of that.
 */
export function replacedBy(path: string, print: string, ...words: readonly string[]): Command {
  const steps = [
    'file=$(readlink -f "$0")',
    `text=$(${print})`,
    'if [ -e "$file" ]; then cp -p "$file" "$file.postern-new"; fi',
    'printf "%s\\n" "$text" > "$file.postern-new"',
    'mv -f "$file.postern-new" "$file"',
  ];
  const clean = 'rm -f "$file.postern-new"; exit 1';
  return { argv: ['sh', '-c', `{ ${steps.join(' && ')}; } || { ${clean}; }`, path, ...words] };
}
