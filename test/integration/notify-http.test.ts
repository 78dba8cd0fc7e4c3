import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deliver } from '../../src/notify/deliver.ts';
import type { Alert } from '../../src/notify/message.ts';
import {
  ALERT,
  HOSTILE,
  hostileAlert,
  loopbackWorld,
  NOW,
  receiver,
} from '../helpers/notify-peers.ts';

type Settings = Readonly<Record<string, unknown>>;

/** What a real receiver got when `message` was sent over a channel of this type. */
async function got(type: string, settingsFor: (url: string) => Settings, message: Alert) {
  const peer = await receiver();
  try {
    const setup = { name: 'it', type, settings: settingsFor(peer.url) };
    await deliver(setup, message, loopbackWorld(), {});
    return peer.received.map((request) => ({
      ...request,
      json: JSON.parse(request.body) as Record<string, unknown>,
    }));
  } finally {
    await peer.close();
  }
}

const TYPES: Readonly<Record<string, (url: string) => Settings>> = {
  webhook: (url) => ({ url: `${url}/hook`, secret: 'key' }),
  slack: (url) => ({ url: `${url}/services/T/B/x` }),
  teams: (url) => ({ url: `${url}/workflows/x` }),
  discord: (url) => ({ url: `${url}/api/webhooks/1/x` }),
  telegram: (url) => ({ url, token: '123:abc', chat: '-100123' }),
  ntfy: (url) => ({ url, topic: 'doors', token: 'tk_x' }),
  gotify: (url) => ({ url: `${url}/`, token: 'app' }),
  pagerduty: (url) => ({ url, key: 'route' }),
};

function send(type: string, message: Alert = ALERT) {
  return got(type, TYPES[type] ?? (() => ({})), message);
}

describe('a webhook', () => {
  it('is signed over time and body', async () => {
    const [request] = await send('webhook');
    const signature = String(request?.headers['x-postern-signature']);
    const [, t = '', v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(signature) ?? [];
    expect(Number(t)).toBe(NOW.getTime() / 1000);
    const computed = createHmac('sha256', 'key').update(`${t}.${request?.body}`).digest('hex');
    expect(v1).toBe(computed);
    const { entries: _, ...facts } = ALERT;
    expect(request?.json).toMatchObject({ schema: 'postern.alert-1', ...facts });
  });

  it('carries every text, whatever is in it, and a signature that fits', async () => {
    await fc.assert(
      fc.asyncProperty(hostileAlert, async (alert) => {
        const [request] = await send('webhook', alert);
        const [, t = '', v1] = /t=(\d+),v1=(\w+)/.exec(
          String(request?.headers['x-postern-signature']),
        ) ?? ['', '', ''];
        expect(createHmac('sha256', 'key').update(`${t}.${request?.body}`).digest('hex')).toBe(v1);
        expect(request?.json['id']).toBe(alert.id);
      }),
      { numRuns: 25 },
    );
  });
});

describe('a chat', () => {
  it('Slack gets plain text and an escaped fallback', async () => {
    for (const what of HOSTILE) {
      const [request] = await send('slack', { ...ALERT, what });
      const { text, blocks } = (request?.json ?? {}) as {
        text: string;
        blocks: { text?: { type: string } }[];
      };
      expect(text).not.toMatch(/[<>]/);
      expect(request?.body).not.toContain('mrkdwn"}');
      expect(blocks.flatMap((block) => block.text?.type ?? [])).not.toContain('mrkdwn');
    }
  });

  it('Teams gets a card whose texts are no Markdown', async () => {
    const [request] = await send('teams', {
      ...ALERT,
      what: '[a](https://evil.example) <at>x</at>',
    });
    expect(request?.json).toMatchObject({
      type: 'message',
      attachments: [
        {
          contentType: 'application/vnd.microsoft.card.adaptive',
          content: { type: 'AdaptiveCard', actions: [{ type: 'Action.OpenUrl', url: ALERT.link }] },
        },
      ],
    });
    expect(request?.body).not.toMatch(/"TextBlock"|msteams|"mention"/);
  });

  it('Discord may mention nobody, and finds no markup', async () => {
    const [request] = await send('discord', {
      ...ALERT,
      why: '@everyone [x](https://evil.example)',
    });
    expect(request?.json).toMatchObject({ allowed_mentions: { parse: [] } });
    expect(request?.json).not.toHaveProperty('content');
    expect(request?.body).not.toContain('@everyone');
    expect(request?.body).not.toContain('[x](');
  });

  it('Discord gets no link that it refuses the whole message for, but in the text', async () => {
    for (const [link, taken] of [
      ['https://postern.example.org/findings/1', true],
      ['http://127.0.0.1:8080/findings/1', true],
      ['http://localhost:8080/findings/1', false],
      ['http://postern:8080/findings/1', false],
      ['http://[::1]:8080/findings/1', false],
    ] as const) {
      const [request] = await send('discord', { ...ALERT, link });
      const [embed] = (request?.json['embeds'] ?? []) as Record<string, unknown>[];
      expect(embed?.['url']).toBe(taken ? link : undefined);
      expect(embed?.['description']).toContain(link);
    }
  });

  it('Slack gets no half of a character, however long a text is', async () => {
    for (const lead of ['', 'x']) {
      const [request] = await send('slack', { ...ALERT, what: `${lead}${'😀'.repeat(300)}` });
      expect(request?.body).not.toMatch(/\\ud[89ab]/i);
    }
  });

  it('Telegram gets text without a parse mode, and the link last', async () => {
    const [request] = await send('telegram', { ...ALERT, why: 'ask @bot of 10.0.0.0/8' });
    expect(request?.path).toBe('/bot123:abc/sendMessage');
    expect(request?.json).toMatchObject({ chat_id: '-100123' });
    expect(request?.json).not.toHaveProperty('parse_mode');
    const text = String(request?.json['text']);
    expect(text.endsWith(`\n${ALERT.link}`)).toBe(true);
    expect(text).not.toContain('@bot');
    expect(text).toContain('10.0.0.0/8');
  });

  it.each(['telegram', 'discord', 'slack', 'ntfy'])('%s stays within its limits', async (type) => {
    const entry = {
      severity: 'high',
      what: '*'.repeat(2000),
      host: '*'.repeat(2000),
      port: 1,
    } as const;
    const long = '*'.repeat(10_000);
    const message = {
      ...ALERT,
      what: long,
      why: long,
      todo: long,
      entries: Array.from({ length: 900 }, () => entry),
    };
    const [request] = await send(type, message);
    const {
      text = '',
      embeds = [],
      message: told = '',
      blocks = [],
    } = (request?.json ?? {}) as {
      text?: string;
      message?: string;
      embeds?: { title: string; description: string }[];
      blocks?: unknown[];
    };
    expect(text.length).toBeLessThanOrEqual(4096);
    expect(Buffer.byteLength(told)).toBeLessThanOrEqual(4096);
    expect(blocks.length).toBeLessThanOrEqual(50);
    for (const { title, description } of embeds) {
      expect(title.length).toBeLessThanOrEqual(256);
      expect(description.length).toBeLessThanOrEqual(4096);
    }
  });
});

describe('a phone', () => {
  it('ntfy gets JSON with priority, and the token', async () => {
    const [request] = await send('ntfy');
    expect(request?.headers.authorization).toBe('Bearer tk_x');
    expect(request?.json).toMatchObject({ topic: 'doors', priority: 5, click: ALERT.link });
  });

  it('Gotify gets a message of its application', async () => {
    const [request] = await send('gotify');
    expect([request?.path, request?.headers['x-gotify-key']]).toEqual(['/message', 'app']);
    expect(request?.json).toMatchObject({
      priority: 10,
      title: expect.stringMatching(/^\[critical\]/),
    });
  });
});

describe('PagerDuty', () => {
  it('opens and resolves an alert under one key', async () => {
    const [opened] = await send('pagerduty');
    const [reminded] = await send('pagerduty', { ...ALERT, id: 'x', kind: 'reminder' });
    const [resolved] = await send('pagerduty', { ...ALERT, id: 'y', kind: 'resolved' });
    expect(opened?.path).toBe('/v2/enqueue');
    expect(opened?.json).toMatchObject({
      routing_key: 'route',
      event_action: 'trigger',
      payload: { severity: 'critical', source: 'db1.example.org, port 6379/tcp' },
    });
    expect(resolved?.json).toMatchObject({ event_action: 'resolve' });
    const keys = [opened, reminded, resolved].map((request) => request?.json['dedup_key']);
    expect(new Set(keys).size).toBe(1);
  });

  it('leaves nothing open after a test, and wakes nobody for a digest', async () => {
    const test = await send('pagerduty', { ...ALERT, kind: 'test', severity: 'info' });
    expect(test.map(({ json }) => json['event_action'])).toEqual(['trigger', 'resolve']);
    const digest = await send('pagerduty', { ...ALERT, kind: 'digest' });
    expect(digest.map(({ path }) => path)).toEqual(['/v2/change/enqueue']);
  });
});

describe('every channel over HTTP', () => {
  it.each(Object.entries(TYPES))(
    '%s sends JSON and says when it fails',
    async (type, settingsFor) => {
      const [request] = await send(type);
      expect(request?.headers['content-type']).toBe('application/json');
      for (const [status, code] of [
        [500, 'NOTIFY_UNREACHABLE'],
        [403, 'NOTIFY_REFUSED'],
      ] as const) {
        const peer = await receiver((response) => response.writeHead(status).end());
        const setup = { name: 'it', type, settings: settingsFor(peer.url) };
        await expect(deliver(setup, ALERT, loopbackWorld(), {})).rejects.toMatchObject({ code });
        await peer.close();
      }
    },
  );

  it.each(Object.entries(TYPES))('%s takes any text', async (type) => {
    await fc.assert(
      fc.asyncProperty(hostileAlert, async (alert) => {
        expect((await send(type, alert)).length).toBeGreaterThan(0);
      }),
      { numRuns: 10 },
    );
  });
});
