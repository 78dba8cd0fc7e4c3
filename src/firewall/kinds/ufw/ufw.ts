import type { Kind } from '../../kind.ts';
import { changeUfw } from './change.ts';
import { read, roleOf } from './read.ts';
import { write } from './write.ts';

/** ufw: /etc/default/ufw and the files of /etc/ufw (ufw(8), ufw-framework(8)). */
export const ufw: Kind = {
  name: 'ufw',
  title: 'ufw',
  recognizes: (source) => roleOf(source) !== undefined,
  read,
  write,
  change: changeUfw,
};
