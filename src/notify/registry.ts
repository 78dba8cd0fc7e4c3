import type { Channel } from './channel.ts';
import { discord } from './channels/discord.ts';
import { email } from './channels/email.ts';
import { gotify } from './channels/gotify.ts';
import { ntfy } from './channels/ntfy.ts';
import { pagerduty } from './channels/pagerduty.ts';
import { rss } from './channels/rss.ts';
import { slack } from './channels/slack.ts';
import { syslog } from './channels/syslog.ts';
import { teams } from './channels/teams.ts';
import { telegram } from './channels/telegram.ts';
import { webhook } from './channels/webhook.ts';

/** Every channel, by name. */
export const CHANNELS: readonly Channel[] = [
  discord,
  email,
  gotify,
  ntfy,
  pagerduty,
  rss,
  slack,
  syslog,
  teams,
  telegram,
  webhook,
];
