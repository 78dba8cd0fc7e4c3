import type { Source } from '../../kind.ts';

export type Policy = 'ACCEPT' | 'DROP' | 'REJECT';

/** What /etc/default/ufw and /etc/ufw/ufw.conf say; undefined: not read, or not understood. */
export interface Settings {
  readonly enabled: boolean | undefined;
  readonly ipv6: boolean | undefined;
  readonly policies: {
    readonly input: Policy | undefined;
    readonly output: Policy | undefined;
    readonly forward: Policy | undefined;
  };
}

export function readSettings(sources: readonly Source[]): Settings {
  const values = new Map(sources.flatMap(({ text }) => assignments(text)));
  const policy = (side: string) => policyOf(values.get(`DEFAULT_${side}_POLICY`));
  return {
    enabled: yesOf(values.get('ENABLED')),
    ipv6: yesOf(values.get('IPV6')),
    policies: { input: policy('INPUT'), output: policy('OUTPUT'), forward: policy('FORWARD') },
  };
}

/** `NAME=value` lines as a shell takes them: quotes around the value go, the last one stands. */
function assignments(text: string): [string, string][] {
  return text.split('\n').flatMap((line): [string, string][] => {
    const match = /^\s*(?:export\s+)?(\w+)=(?:"([^"]*)"|'([^']*)'|([^\s#]*))\s*(?:#.*)?$/.exec(
      line,
    );
    if (match === null) return [];
    const [, name = '', double, single, bare] = match;
    return [[name, double ?? single ?? bare ?? '']];
  });
}

/** ufw-init takes all but `yes` and `YES` for no; half a word is not enough to say that there is no firewall. */
function yesOf(value: string | undefined): boolean | undefined {
  const word = value?.toLowerCase();
  if (word === 'yes') return true;
  return word === 'no' ? false : undefined;
}

function policyOf(value: string | undefined): Policy | undefined {
  return value === 'ACCEPT' || value === 'DROP' || value === 'REJECT' ? value : undefined;
}
