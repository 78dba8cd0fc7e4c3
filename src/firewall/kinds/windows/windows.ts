import { syntaxFault } from '../../fault.ts';
import type { Kind, Source } from '../../kind.ts';
import type { Layer } from '../../layer.ts';
import { changeWindows } from './change.ts';
import { WINDOWS_SCHEMA } from './collect.ts';
import { readDocument, type WindowsDocument } from './document.ts';
import { layerOf } from './layer-of.ts';
import { readScript } from './script-reader.ts';
import { scriptOf } from './script-writer.ts';

const DOCUMENT_START = /^\uFEFF?\s*\{/;

function isDocument({ text }: Source): boolean {
  return DOCUMENT_START.test(text.slice(0, 200));
}

function recognizes(source: Source): boolean {
  return isDocument(source)
    ? source.text.includes(WINDOWS_SCHEMA)
    : /\b(?:New-NetFirewallRule|Set-NetFirewallProfile)\b/i.test(source.text);
}

function read(sources: readonly Source[], role: Layer['role']): Layer {
  const [source, ...more] = sources;
  if (source === undefined || more.length > 0) {
    const origin = source?.origin ?? 'the rules';
    throw syntaxFault(
      'windows',
      { origin },
      1,
      `${sources.length} texts were given instead of one`,
    );
  }
  const document: WindowsDocument = isDocument(source) ? readDocument(source) : readScript(source);
  return layerOf(document, source.origin, role);
}

/** Windows Defender Firewall: the document that COLLECT_WINDOWS prints, or a script of its cmdlets. */
export const windows: Kind = {
  name: 'windows',
  title: 'Windows Defender Firewall',
  recognizes,
  read,
  write: (intent) => [{ path: 'firewall.ps1', text: scriptOf(intent) }],
  change: changeWindows,
};
