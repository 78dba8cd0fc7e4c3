import { syntaxFault } from '../../fault.ts';
import type { Kind, Source } from '../../kind.ts';
import type { Layer } from '../../layer.ts';
import { changeCisco } from './change.ts';
import { readConfig } from './config.ts';
import { layerOf } from './layer-of.ts';
import { configText } from './write.ts';

const LIST =
  /^[ \t]*(?:(?:ip|ipv6) access-list [^\s(]|access-list \S+ (?:line \d+ )?(?:extended |standard )?(?:permit|deny|remark) |(?:Extended|Standard) IP access list \S|IPv6 access list \S)/m;

function read(sources: readonly Source[], role: Layer['role']): Layer {
  const [source, ...more] = sources;
  if (source === undefined || more.length > 0)
    throw syntaxFault(
      'cisco',
      source ?? { origin: 'the rules' },
      1,
      `${sources.length} texts were given instead of one configuration`,
    );
  return layerOf(source, readConfig(source), role);
}

/** Access lists of Cisco IOS, IOS XE, NX-OS and ASA: a configuration, a part of it, or what `show access-lists` prints. */
export const cisco: Kind = {
  name: 'cisco',
  title: 'Cisco access lists',
  recognizes: ({ text }) => LIST.test(text),
  read,
  write: (intent) => [{ path: 'acl.txt', text: configText(intent) }],
  change: changeCisco,
};
