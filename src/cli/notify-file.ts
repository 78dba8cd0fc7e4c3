import { readFile } from 'node:fs/promises';
import { loadNotify, type NotifySettings } from '../contract/notify.ts';
import { messageOf, problem } from '../model/errors.ts';
import { CHANNEL_TYPES } from '../notify/deliver.ts';

/** Reads alert settings. Throws NOTIFY_FILE, NOTIFY_INVALID. */
export async function readNotifyFile(path: string): Promise<NotifySettings> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw problem('NOTIFY_FILE', { value: path, problem: messageOf(error) }, error);
  });
  return loadNotify(text, path, CHANNEL_TYPES);
}
