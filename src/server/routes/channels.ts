import { randomUUID } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import {
  checkSettings,
  deliverFor,
  type Keys,
  masked,
  type OpenChannel,
  openChannel,
  openChannels,
  unmasked,
  worldOf,
} from '../../alerts/channels.ts';
import { addDefaultRules } from '../../alerts/defaults.ts';
import { testAlert } from '../../alerts/wording.ts';
import { problem } from '../../model/errors.ts';
import { createResolver } from '../../net/dns.ts';
import { CHANNELS } from '../../notify/registry.ts';
import { alertRules } from '../../store/queries/alert-rules.ts';
import {
  addChannelRow,
  changeChannelRow,
  channelRow,
  channelRows,
  dropChannelRow,
  tellOfChannel,
  worked,
} from '../../store/queries/channels.ts';
import { type Route, route } from '../route.ts';
import type { Service } from '../service.ts';

const TAG = 'Alerts';
const READ = { role: 'viewer', scope: 'read' } as const;
const CHANGE = { role: 'admin', scope: 'settings' } as const;

const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'a channel is named with up to 32 of a-z, 0-9 and -');
const settings = z
  .record(z.string().max(64), z.unknown())
  .describe(
    'By type, see /channel-types. Secrets are shown as ********; given so, they stay, as long as the channel sends to the same place.',
  );
const channel = z
  .object({
    id: z.uuid(),
    name: z.string(),
    type: z.string(),
    settings,
    fixed: z.boolean().describe('Set up in the file of the operator, and changed there.'),
  })
  .openapi('Channel');
const done = z.object({ id: z.uuid() });
const one = z.object({ id: z.uuid() });

function keysOf({ sealer, notify }: Service): Keys {
  return { sealer, notify };
}

function shown(open: OpenChannel): z.input<typeof channel> {
  const { id, name: called, type, fixed } = open;
  return { id, name: called, type, settings: masked(open), fixed };
}

function none(id: string) {
  return problem('API_NOT_FOUND', { what: 'channel', value: id });
}

const list = route({
  method: 'get',
  path: '/channels',
  tag: TAG,
  summary: 'The channels that alerts go to, without their secrets.',
  access: READ,
  answer: z.object({ items: z.array(channel), next: z.null() }),
  handle: async ({ mine, service }) => {
    const channels = await mine.ask(openChannels, keysOf(service));
    return { items: channels.map(shown), next: null };
  },
});

const types = route({
  method: 'get',
  path: '/channel-types',
  tag: TAG,
  summary: 'The types of channels, with a JSON Schema of their settings.',
  access: READ,
  answer: z.object({
    items: z.array(
      z.object({
        name: z.string(),
        title: z.string(),
        settings: z
          .record(z.string(), z.unknown())
          .describe(
            'Secrets have "secret": true, files of the server "serverFile": true, and what asks for the secrets anew when it changes "destination": true.',
          ),
      }),
    ),
  }),
  handle: async () => ({ items: TYPES }),
});

const TYPES = CHANNELS.map((type) => ({
  name: type.name,
  title: type.title,
  settings: z.toJSONSchema(type.settings, { io: 'input' }) as Record<string, unknown>,
}));

const add = route({
  method: 'post',
  path: '/channels',
  tag: TAG,
  summary: 'Sets up a channel. The first one also gets rules: see /alert-rules.',
  access: CHANGE,
  status: 201,
  body: z.object({ name, type: z.string().max(64), settings }),
  answer: done,
  handle: async ({ mine, service, caller, body, now }) => {
    checkSettings(caller.tenant, body);
    const id = randomUUID();
    const sealed = service.sealer.seal(JSON.stringify(body.settings));
    const row = { id, name: body.name, type: body.type, settings: sealed, created_at: now };
    const detail = { name: body.name, type: body.type };
    await mine.change({ action: 'channel.create', subject: id, detail }, async (tx, tenant) => {
      const before = await openChannels(tx, tenant, keysOf(service));
      const taken = before.some((other) => other.name === body.name);
      if (taken || !(await addChannelRow(tx, tenant, row))) {
        throw problem('API_CONFLICT', { what: 'channel', value: body.name });
      }
      await addDefaultRules(tx, tenant, { now, newId: randomUUID });
    });
    return { id };
  },
});

const change = route({
  method: 'put',
  path: '/channels/{id}',
  tag: TAG,
  summary: 'Changes the name and the settings of a channel.',
  access: CHANGE,
  params: one,
  body: z.object({ name, settings }),
  answer: done,
  handle: async ({ mine, service, caller, params: { id }, body }) => {
    const detail = { name: body.name };
    await mine.change({ action: 'channel.change', subject: id, detail }, async (tx, tenant) => {
      const before = await openChannel(tx, tenant, id, keysOf(service));
      if (before === null || before.fixed) throw none(id);
      const after = unmasked(before, body.settings);
      checkSettings(caller.tenant, { name: body.name, type: before.type, settings: after });
      const others = await channelRows(tx, tenant);
      if (others.some((other) => other.name === body.name && other.id !== id)) {
        throw problem('API_CONFLICT', { what: 'channel', value: body.name });
      }
      const sealed = service.sealer.seal(JSON.stringify(after));
      await changeChannelRow(tx, tenant, id, { name: body.name, settings: sealed });
    });
    return { id };
  },
});

const drop = route({
  method: 'delete',
  path: '/channels/{id}',
  tag: TAG,
  summary: 'Takes a channel away. What waits for it is not sent.',
  access: CHANGE,
  params: one,
  answer: done,
  handle: async ({ mine, params: { id }, now }) => {
    await mine.change({ action: 'channel.delete', subject: id }, async (tx, tenant) => {
      const named = (await alertRules(tx, tenant)).find(({ spec }) => spec.includes(id));
      if (named !== undefined) {
        const reason = `the alert rule "${named.name}" names it; change that first`;
        throw problem('API_INVALID', { where: 'the channel', problem: reason });
      }
      const row = await channelRow(tx, tenant, id);
      if (row === undefined || !(await dropChannelRow(tx, tenant, id))) throw none(id);
      // nobody is to be reminded for ever that what is gone fails
      if (!(await worked(tx, tenant, id))) return;
      const detail = { at: now, name: row.name, problem: 'The channel was taken away.' };
      await tellOfChannel(tx, { tenant, channel: id }, 'channel.recovered', detail);
    });
    return { id };
  },
});

const test = route({
  method: 'post',
  path: '/channels/{id}/test',
  tag: TAG,
  summary: 'Sends a test message, once, and waits until it was taken.',
  access: CHANGE,
  params: one,
  answer: z.object({ sent: z.boolean() }),
  handle: async ({ mine, service, caller, params: { id }, signal, now }) => {
    const keys = keysOf(service);
    const open = await mine.ask(openChannel, id, keys);
    if (open === null) throw none(id);
    const at = new Date(now);
    const way = { resolver: createResolver({ signal }), signal, now: () => at };
    const { publicUrl } = service;
    const about = { channel: open.name, from: publicUrl, link: publicUrl };
    const alert = testAlert(`test:${randomUUID()}`, about, at);
    await deliverFor(caller.tenant, open, alert, worldOf(caller.tenant, keys, way));
    return { sent: true };
  },
});

/** Where alerts go. */
export const channelRoutes: readonly Route[] = [list, types, add, change, drop, test];
