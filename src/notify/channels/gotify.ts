import { z } from 'zod';
import type { Severity } from '../../model/verdict.ts';
import type { Channel } from '../channel.ts';
import { secret, webUrl } from '../fields.ts';
import { linkOf, renderText, subjectOf } from '../message.ts';

const settings = z.strictObject({
  url: webUrl('Address of the server.'),
  token: secret('Token of an application.'),
});

/** From 4 on the phone sounds, from 8 on it insists: https://gotify.net/docs/msgextras */
const PRIORITIES: Readonly<Record<Severity, number>> = {
  critical: 10,
  high: 8,
  medium: 5,
  low: 3,
  info: 1,
};

export const gotify: Channel<typeof settings> = {
  name: 'gotify',
  title: 'Gotify',
  settings,
  async send(message, { url, token }, world) {
    const link = linkOf(message);
    const extras = {
      'client::display': { contentType: 'text/plain' },
      ...(link === null ? {} : { 'client::notification': { click: { url: link } } }),
    };
    const body = JSON.stringify({
      title: subjectOf(message),
      message: renderText(message),
      priority: message.kind === 'resolved' ? 3 : PRIORITIES[message.severity],
      extras,
    });
    await world.fetch({
      url: `${url.replace(/\/$/, '')}/message`,
      body,
      contentType: 'application/json',
      secretHeaders: { 'x-gotify-key': token },
    });
  },
};
