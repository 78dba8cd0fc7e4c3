/** Reads `ps -axww -o pid= -o command=` (or `comm=`): what stands behind each process id. */
export function readPs(text: string): Map<number, string> {
  const processes = new Map<number, string>();
  for (const line of text.split('\n')) {
    const [, pid, rest] = /^\s*(\d+)\s+(\S.*)$/.exec(line) ?? [];
    if (pid !== undefined && rest !== undefined) processes.set(Number(pid), rest.trimEnd());
  }
  return processes;
}

/** Reads `launchctl list`: process id, last exit status and label; the labels of what runs. */
export function readLaunchctl(text: string): Map<number, string> {
  const labels = new Map<number, string>();
  for (const line of text.split('\n')) {
    const [pid = '', , label] = line.split('\t');
    if (/^\d+$/.test(pid) && label) labels.set(Number(pid), label);
  }
  return labels;
}
