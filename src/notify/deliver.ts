import type { ChannelSetup, ChannelTypes } from '../contract/notify.ts';
import { PosternError, problem } from '../model/errors.ts';
import type { World } from './channel.ts';
import { later, retryAfterOf } from './later.ts';
import type { Alert } from './message.ts';
import { CHANNELS } from './registry.ts';
import { openSecrets, withoutSecrets } from './secrets.ts';

/** What settings are read by. */
export const CHANNEL_TYPES: ChannelTypes = new Map(
  CHANNELS.map(({ name, settings }) => [name, settings]),
);

/**
 * Sends a message over a channel as it is set up, once. Throws NOTIFY_* (see the contract of
 * `Channel`); no error holds a secret, whatever the peer says back.
 */
export async function deliver(
  setup: ChannelSetup,
  message: Alert,
  world: World,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const channel = CHANNELS.find(({ name }) => name === setup.type);
  if (channel === undefined) throw new Error(`settings of no channel type: ${setup.type}`);
  const { settings, secrets } = await openSecrets(setup, channel.settings, env);
  const parsed = channel.settings.safeParse(settings);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const key = String(issue?.path[0] ?? '');
    const values = { channel: setup.name, reference: 'its value', key };
    throw problem('NOTIFY_SECRET', { ...values, problem: issue?.message ?? 'it does not fit' });
  }
  try {
    await channel.send(message, parsed.data, world);
  } catch (thrown) {
    if (!(thrown instanceof PosternError)) throw thrown;
    // without the cause, which may hold what was sent
    const clean = new PosternError(thrown.code, withoutSecrets(thrown.message, secrets));
    throw later(clean, retryAfterOf(thrown));
  }
}
