import { ownValue } from '../../../model/own-value.ts';
import { assume } from '../../assume.ts';
import type { Layer } from '../../layer.ts';

/** Where Windows keeps these unless it was told otherwise at its installation. */
const FOLDERS: Readonly<Record<string, string>> = {
  '%systemroot%': 'c:\\windows',
  '%windir%': 'c:\\windows',
  '%systemdrive%': 'c:',
  '%programfiles%': 'c:\\program files',
  '%programfiles(x86)%': 'c:\\program files (x86)',
  '%programdata%': 'c:\\programdata',
};

function canonicalPath(path: string): string {
  return path.toLowerCase().replace(/^%[^%]*%/, (folder) => ownValue(FOLDERS, folder) ?? folder);
}

function sameProgram(rule: string, executable: string): boolean | undefined {
  const path = canonicalPath(rule);
  const asked = canonicalPath(executable);
  if (/[%$*?]/.test(path)) return undefined;
  // Windows may be on another drive
  const [folder] = /^%[^%]*%/.exec(rule) ?? [''];
  const mayBe = folder !== '' && asked.endsWith(rule.slice(folder.length).toLowerCase());
  return path === asked || (mayBe ? undefined : false);
}

function sameService(rule: string, service: string | undefined): boolean | undefined {
  if (service === undefined || rule.includes('$')) return undefined;
  if (rule === '*') return service !== '';
  return rule.toLowerCase() === service.toLowerCase();
}

/**
 * The layer as the sockets of one program meet it: rules for other programs and services do not
 * apply to them.
 * @param executable full path, or `System` for what the kernel itself listens on
 * @param service short name; '' for a program that is no service; absent: not known
 */
export function forProgram(layer: Layer, executable: string, service?: string): Layer {
  return assume(layer, (key, value) => {
    if (key === 'program') return sameProgram(value, executable);
    return key === 'service' ? sameService(value, service) : undefined;
  });
}
