import type { Kind, Source } from '../../kind.ts';
import type { Layer } from '../../layer.ts';
import { changeAws } from './change.ts';
import { PARTS, readAws } from './document.ts';
import { layerOf } from './layer-of.ts';
import { filesOf } from './write.ts';

function recognizes({ text }: Source): boolean {
  const names = PARTS.slice(0, 3);
  return (
    /^\uFEFF?\s*[{[]/.test(text.slice(0, 200)) &&
    (names.some((name) => text.includes(`"${name}"`)) || text.includes('"IpProtocol"'))
  );
}

function read(sources: readonly Source[], role: Layer['role']): Layer {
  return layerOf(readAws(sources), sources.map(({ origin }) => origin).join(', '), role);
}

/**
 * Amazon EC2: outputs of `aws ec2 describe-security-groups`, and where given of
 * `describe-network-acls`, `describe-network-interfaces` and prefix lists.
 */
export const aws: Kind = {
  name: 'aws',
  title: 'AWS security groups',
  recognizes,
  read,
  write: filesOf,
  change: changeAws,
};
