import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The full version of an installed Debian package: `1:9.18.49-1~deb12u3`. */
async function debianVersion(name: string): Promise<string> {
  const { stdout } = await run('dpkg-query', ['-W', '-f', '${Version}', name]);
  return stdout.trim();
}

/**
 * What the makers call this version: without Debian's epoch, revision and repacking mark
 * (`1:2.3.19.1+dfsg1-2.1+deb12u7` is 2.3.19.1), as deb-version(7) splits it.
 */
export async function packageVersion(name: string): Promise<string> {
  return upstreamVersion(await debianVersion(name));
}

export function upstreamVersion(debian: string): string {
  const withoutEpoch = debian.slice(debian.indexOf(':') + 1);
  const revision = withoutEpoch.lastIndexOf('-');
  const upstream = revision < 0 ? withoutEpoch : withoutEpoch.slice(0, revision);
  return upstream.replace(/[+~.](dfsg|ds|repack).*$/, '');
}
