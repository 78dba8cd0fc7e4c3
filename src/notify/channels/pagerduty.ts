import { z } from 'zod';
import type { Severity } from '../../model/verdict.ts';
import type { Channel, World } from '../channel.ts';
import { secret, webUrl } from '../fields.ts';
import { shortHash } from '../identity.ts';
import { type Alert, linkOf, placeOf, renderText, subjectOf } from '../message.ts';

const settings = z.strictObject({
  key: secret('Integration key of a service with an Events API v2 integration.'),
  url: webUrl('Address of the Events API; https://events.eu.pagerduty.com in the EU.').default(
    'https://events.pagerduty.com',
  ),
});

const SEVERITY_WORDS: Readonly<Record<Severity, string>> = {
  critical: 'critical',
  high: 'error',
  medium: 'warning',
  low: 'warning',
  info: 'info',
};

type Action = 'trigger' | 'resolve';

/** A key has at most 255 characters; ours may have any. */
function keyOf({ incident }: Alert): string {
  return shortHash(incident);
}

function payloadOf(message: Alert, world: World) {
  return {
    summary: subjectOf(message),
    source: placeOf(message) || 'postern',
    severity: SEVERITY_WORDS[message.severity],
    timestamp: world.now().toISOString(),
    custom_details: { text: renderText(message) },
  };
}

function linksOf(message: Alert) {
  const href = linkOf(message);
  return href === null ? [] : [{ href, text: 'Open' }];
}

/** A digest has no end, so it is a change event: it stands beside incidents and wakes nobody. */
function change(message: Alert, key: string, world: World): [path: string, body: unknown] {
  const { summary, source, timestamp, custom_details } = payloadOf(message, world);
  const payload = { summary, source, timestamp, custom_details };
  return ['/v2/change/enqueue', { routing_key: key, payload, links: linksOf(message) }];
}

function event(message: Alert, key: string, action: Action, world: World): [string, unknown] {
  const about = { routing_key: key, event_action: action, dedup_key: keyOf(message) };
  if (action === 'resolve') return ['/v2/enqueue', about];
  const payload = payloadOf(message, world);
  return ['/v2/enqueue', { ...about, payload, client: 'Postern', links: linksOf(message) }];
}

function requestsOf(message: Alert, key: string, world: World): readonly [string, unknown][] {
  if (message.kind === 'digest') return [change(message, key, world)];
  const trigger = event(message, key, 'trigger', world);
  const resolve = event(message, key, 'resolve', world);
  // a test leaves nothing open
  if (message.kind === 'test') return [trigger, resolve];
  return [message.kind === 'resolved' ? resolve : trigger];
}

export const pagerduty: Channel<typeof settings> = {
  name: 'pagerduty',
  title: 'PagerDuty',
  settings,
  async send(message, { key, url }, world) {
    for (const [path, content] of requestsOf(message, key, world)) {
      await world.fetch({
        url: `${url.replace(/\/$/, '')}${path}`,
        body: JSON.stringify(content),
        contentType: 'application/json',
      });
    }
  },
};
