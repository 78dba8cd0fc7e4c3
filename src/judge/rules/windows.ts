import type { FindingRule, Hit } from '../rule.ts';
import type { Subject } from '../subject.ts';

function smb1({ facts, protocol }: Subject): Hit[] {
  const dialect = [...facts.list('dialects'), facts.text('dialect') ?? ''].find((name) =>
    /^(?:smb ?1|nt lm 0\.12)/i.test(name),
  );
  if (protocol !== 'smb' || (facts.flag('smb1') !== true && dialect === undefined)) return [];
  return [
    {
      rule: 'smb.version-1',
      why: 'The server still speaks SMB 1, through which WannaCry spread.',
      todo: 'Switch it off: Set-SmbServerConfiguration -EnableSMB1Protocol $false, or server min protocol = SMB2 in smb.conf.',
      evidence: [dialect === undefined ? 'details.smb1: true' : `details.dialect: ${dialect}`],
    },
  ];
}

function noNla({ facts, protocol }: Subject): Hit[] {
  if (protocol !== 'rdp') return [];
  const field = ['nla', 'nlaRequired'].find((name) => facts.flag(name) === false);
  if (field === undefined) return [];
  return [
    {
      rule: 'rdp.no-nla',
      why: 'The server starts a session before it knows who asks, which opens flaws such as BlueKeep to strangers.',
      todo: 'Demand network level authentication in the remote settings of the system.',
      evidence: [`details.${field}: false`],
    },
  ];
}

export const windows: FindingRule = {
  ids: ['smb.version-1', 'rdp.no-nla'],
  check(subject) {
    return [...smb1(subject), ...noNla(subject)];
  },
};
