import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadNotify } from '../contract/notify.ts';
import { CHANNEL_TYPES } from './deliver.ts';
import { isDestination, isSecret, isServerFile } from './fields.ts';
import { CHANNELS } from './registry.ts';

const page = readFileSync('docs/alerts.md', 'utf8');

/** The section of a channel in docs/alerts.md. */
function section(title: string): string {
  return page.split(/^### /m).find((part) => part.startsWith(`${title}\n`)) ?? '';
}

describe('the registry of channels', () => {
  const names = CHANNELS.map(({ name }) => name);

  it('is the folder, in its order', () => {
    const files = readdirSync('src/notify/channels').filter((file) => !file.endsWith('.test.ts'));
    expect(names.map((name) => `${name}.ts`)).toEqual(files.sort());
  });

  it.each(CHANNELS.map((channel) => [channel.name, channel] as const))(
    '%s has a section in docs/alerts.md with every setting, as it is described',
    (_, { title, settings }) => {
      const { properties = {} } = z.toJSONSchema(settings, { io: 'input' });
      for (const [key, field] of Object.entries(properties)) {
        const { description } = z.object({ description: z.string().min(5) }).parse(field);
        const secret = isSecret(settings.shape[key]);
        expect(section(title)).toContain(
          `| \`${key}\`${secret ? ' (secret)' : ''} | ${description}`,
        );
      }
    },
  );

  it.each(CHANNELS.map((channel) => [channel.name, channel] as const))(
    '%s says which settings decide where it sends to',
    (_, { settings: { shape } }) => {
      const marked = Object.keys(shape).filter((key) => isDestination(shape[key]));
      const places = ['url', 'host', 'port', 'tls', 'transport', 'ca', 'path'];
      expect(marked.length).toBeGreaterThan(0);
      expect(marked.sort()).toEqual(places.filter((key) => key in shape).sort());
    },
  );

  it.each(CHANNELS.map((channel) => [channel.name, channel] as const))(
    '%s has an example there that is valid',
    (name, { title }) => {
      const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(section(title)) ?? [];
      const text = `version: 1\nchannels:\n${example}`;
      expect(loadNotify(text, 'docs', CHANNEL_TYPES).channels).toMatchObject([{ type: name }]);
    },
  );

  it('has a whole file there that is valid', () => {
    const [, whole = ''] = /```yaml\n(version: 1[\s\S]*?)```/.exec(page) ?? [];
    expect(loadNotify(whole, 'docs', CHANNEL_TYPES).channels).toHaveLength(2);
  });

  it('marks every setting that names a file of the server', () => {
    const marked = CHANNELS.flatMap(({ name, settings }) =>
      Object.entries(settings.shape)
        .filter(([, field]) => isServerFile(field))
        .map(([key]) => `${name} ${key}`),
    );
    expect(marked).toEqual(['email ca', 'rss path', 'syslog ca']);
    const named = CHANNELS.flatMap(({ name, settings }) =>
      Object.entries(z.toJSONSchema(settings, { io: 'input' }).properties ?? {})
        .filter(([key]) => !isSecret(settings.shape[key]))
        .filter(([, field]) => /"description":"[^"]*\bfile\b/i.test(JSON.stringify(field)))
        .map(([key]) => `${name} ${key}`),
    );
    expect(named).toEqual(marked);
  });

  it('knows a secret behind optional()', () => {
    const email = CHANNEL_TYPES.get('email');
    expect(isSecret(email?.shape['password'])).toBe(true);
    expect(isSecret(email?.shape['user'])).toBe(false);
  });
});
