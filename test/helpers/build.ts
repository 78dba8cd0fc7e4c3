import { execFileSync } from 'node:child_process';

/** Tests that start the program run what is built from this tree, never an older build. */
export default function build(): void {
  execFileSync(process.execPath, ['scripts/build.js'], { stdio: 'inherit' });
}
