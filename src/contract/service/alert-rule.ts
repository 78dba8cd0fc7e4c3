import { z } from 'zod';
import { SEVERITIES } from '../../model/verdict.ts';

/** What may be told: of findings, of the addresses of names, of jobs, agents, grants and channels. */
export const ALERT_EVENTS = [
  'opened',
  'reopened',
  'changed',
  'resolved',
  'address-joined',
  'address-left',
  'job-failed',
  'agent-silent',
  'grant-lapsed',
  'channel-failed',
] as const;
export type AlertEvent = (typeof ALERT_EVENTS)[number];

/** Those that happen to findings. */
export const FINDING_EVENTS: readonly AlertEvent[] = ['opened', 'reopened', 'changed', 'resolved'];

export const WEEKDAYS = [
  'sunday',
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
] as const;

const MAX_WORDS = 100;

function words(description: string) {
  return z
    .array(z.string().trim().min(1).max(253))
    .max(MAX_WORDS)
    .default([])
    .describe(`${description} None: all.`);
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

const clock = {
  time: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'write the time as 08:00')
    .describe('Local time, HH:MM.'),
  timeZone: z
    .string()
    .max(64)
    .refine(isTimeZone, 'this is no time zone (Europe/Berlin, UTC)')
    .default('UTC')
    .describe('Time zone of the IANA database.'),
};

const delivery = z
  .discriminatedUnion('when', [
    z.strictObject({ when: z.literal('immediate') }),
    z.strictObject({ when: z.literal('daily'), ...clock }),
    z.strictObject({ when: z.literal('weekly'), day: z.enum(WEEKDAYS), ...clock }),
  ])
  .default({ when: 'immediate' })
  .describe('At once, or as a list of what has changed.');

const days = (value: number | null) => z.number().min(0.04).max(365).nullable().default(value);

const reminders = z
  .strictObject({
    critical: days(1),
    high: days(3),
    medium: days(7),
    low: days(null),
    info: days(null),
  })
  .prefault({})
  .describe('Days until it is told again that something is still open; null: never.');

const hours = z.number().min(0.1).max(720).default(24);

const flapping = z
  .strictObject({
    changes: z.int().min(2).max(50).default(4).describe('So many changes within the window.'),
    windowHours: hours.describe('The window.'),
    quietHours: hours.describe('So long it must stay as it is to be told again.'),
  })
  .prefault({})
  .describe('What comes and goes is told once, and then when it is stable.');

const match = z
  .strictObject({
    severity: z.enum(SEVERITIES).default('info').describe('This severity, or worse.'),
    events: z
      .array(z.enum(ALERT_EVENTS))
      .min(1)
      .default([...ALERT_EVENTS])
      .describe('What is told.'),
    rules: words('Rules of findings, as `exposure.*`; what is no finding then does not fit.'),
    hosts: words('Names as `*.example.org`, addresses and networks.'),
    labels: words('Labels of assets: one of them fits.'),
    groups: z
      .array(z.uuid())
      .max(MAX_WORDS)
      .default([])
      .describe('Groups of assets: one of them fits. None: all.'),
  })
  .prefault({});

/** What is told to whom, when. */
export const alertRuleSpec = z.strictObject({
  match,
  delivery,
  channels: z
    .union([z.literal('all'), z.array(z.uuid()).min(1).max(MAX_WORDS)])
    .default('all')
    .describe('Ids of channels.'),
  reminders,
  flapping,
  mass: z
    .int()
    .min(2)
    .max(400)
    .default(20)
    .describe('So many findings of one look are one message that lists the worst.'),
  goOn: z
    .boolean()
    .default(false)
    .describe('Whether rules behind this one are asked too; else the first that fits is the only.'),
});

export type AlertRuleSpec = z.infer<typeof alertRuleSpec>;
export type AlertRuleInput = z.input<typeof alertRuleSpec>;
