import { z } from 'zod';
import { problem } from '../model/errors.ts';
import { type Network, readNetwork } from '../model/network.ts';
import { KINDS, listed, nameOf, sorted, valueAt } from './faults.ts';
import { type PolicyFault, type PolicyText, readPolicyText } from './policy-text.ts';
import { fromProblem, suggestion } from './policy-words.ts';

/** Settings schemas of the channels there are, by type. */
export type ChannelTypes = ReadonlyMap<string, z.ZodObject>;

/** A channel as set up; settings are valid, secrets still as written (`env:`, `file:`). */
export interface ChannelSetup {
  readonly name: string;
  readonly type: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface NotifySettings {
  /** Networks that messages may go to although they are inside. */
  readonly allowed: readonly Network[];
  /** In the order of the file. */
  readonly channels: readonly ChannelSetup[];
}

/** The name is typed in commands and shown in lists. */
const CHANNEL_NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;

const network = z.string().superRefine((text, context) => {
  const message = fromProblem(text);
  if (message !== null) context.addIssue({ code: 'custom', message });
});

/** The alert settings as people write them; docs/alerts.md is their page. */
function notifyDocument(types: ChannelTypes) {
  const kinds = [...types].map(([name, schema]) => schema.safeExtend({ type: z.literal(name) }));
  const [first, ...others] = kinds;
  if (first === undefined) throw new Error('there is no channel type');
  return z.strictObject({
    version: z.literal(1),
    allow: z.array(network).exactOptional(),
    channels: z.record(
      z.string().regex(CHANNEL_NAME, 'a channel is named with up to 32 of a-z, 0-9 and -'),
      z.discriminatedUnion('type', [first, ...others]),
    ),
  });
}

/** Reads alert settings; throws NOTIFY_INVALID with `file:line:column: what is wrong` per fault. */
export function loadNotify(text: string, fileName: string, types: ChannelTypes): NotifySettings {
  const source = readPolicyText(text);
  const parsed = notifyDocument(types).safeParse(source.value);
  const faults =
    source.faults.length > 0
      ? source.faults
      : (parsed.error?.issues ?? []).flatMap((issue) => faultsOf(issue, source, types));
  if (!parsed.success || faults.length > 0) {
    throw problem('NOTIFY_INVALID', { value: fileName, ...listed(sorted(faults), fileName) });
  }
  return {
    allowed: (parsed.data.allow ?? []).flatMap((entry) => readNetwork(entry) ?? []),
    channels: Object.entries(parsed.data.channels).map(([name, { type, ...settings }]) => ({
      name,
      type: String(type),
      settings,
    })),
  };
}

/** Faults never quote a value: it may be a secret, or one that stands in the wrong place. */
function faultsOf(issue: z.core.$ZodIssue, source: PolicyText, types: ChannelTypes): PolicyFault[] {
  const { path } = issue;
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = keysOf(path, source.value, types);
      return issue.keys.map((key) => {
        const near = suggestion(key, known) || `; ${known.join(', ')} may stand here`;
        return source.atKey(path, key, `unknown key "${key.slice(0, 64)}"${near}`);
      });
    }
    case 'invalid_key': {
      const key = String(path.at(-1));
      return issue.issues.map(({ message }) => source.atKey(path.slice(0, -1), key, message));
    }
    default:
      return [source.at(path, said(issue, source.value, types))];
  }
}

function keysOf(
  path: readonly PropertyKey[],
  root: unknown,
  types: ChannelTypes,
): readonly string[] {
  if (path.length === 0) return ['version', 'allow', 'channels'];
  const type = valueAt(root, [...path, 'type']);
  return ['type', ...Object.keys(types.get(String(type))?.shape ?? {})];
}

function said(issue: z.core.$ZodIssue, root: unknown, types: ChannelTypes): string {
  const value = valueAt(root, issue.path);
  const name = nameOf(issue.path);
  if (issue.code === 'invalid_union' && issue.path.at(-1) === 'type') {
    return `"type" must be one of ${[...types.keys()].join(', ')}`;
  }
  if (value === undefined || value === null) {
    return issue.path.length === 0
      ? 'the file is empty; begin with version: 1'
      : `${name} is missing`;
  }
  switch (issue.code) {
    case 'invalid_type':
      return `${name} must be ${KINDS[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `${name} must be ${issue.values.map(String).join(' or ')}`;
    case 'too_small':
      return `${name} must have at least ${issue.minimum}`;
    case 'too_big':
      return `${name} may have ${issue.maximum} at most`;
    default:
      return issue.message;
  }
}
