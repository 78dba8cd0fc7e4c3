import type { Certificate } from '../model/service.ts';
import type { Subject } from './subject.ts';

/** The certificate the peer presented for itself, with every field that the rules read. */
export function leafOf({ tls }: Subject): Certificate | null {
  const [facts] = tls.items('chain');
  if (facts?.text('notAfter') === undefined) return null;
  const keyBits = facts.number('keyBits');
  return {
    subject: facts.text('subject') ?? '',
    issuer: facts.text('issuer') ?? '',
    names: facts.list('names'),
    notBefore: facts.text('notBefore') ?? '',
    notAfter: facts.text('notAfter') ?? '',
    keyType: facts.text('keyType') ?? '',
    ...(keyBits !== undefined && { keyBits }),
    selfSigned: facts.flag('selfSigned') ?? false,
    sha256: facts.text('sha256') ?? '',
  };
}
