/** Loaded into the program: says its peak, in kB, as its last word on standard error. */
export const PEAK_REPORTER = `data:text/javascript,${encodeURIComponent(`
import { readFileSync } from 'node:fs';
process.on('exit', () => {
  const [, peak] = /VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'));
  process.stderr.write('\\npeak ' + peak);
});`)}`;
