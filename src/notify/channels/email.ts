import { createTransport } from 'nodemailer';
import { z } from 'zod';
import { messageOf, PosternError, problem } from '../../model/errors.ts';
import { within } from '../../net/within.ts';
import { visible } from '../../report/text.ts';
import type { Channel, World } from '../channel.ts';
import { destination, hostName, portNumber, secret, serverFile } from '../fields.ts';
import { shortHash } from '../identity.ts';
import { type Alert, headlineOf, renderHtml, renderText } from '../message.ts';
import { trustFor } from '../trust.ts';

/** RFC 5321 without quoted local parts, which only attackers write. */
const MAILBOX = /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}$/;

function mailbox() {
  return z.string().regex(MAILBOX, 'this is no mail address (alerts@example.org)');
}

const PORTS = { starttls: 587, implicit: 465, none: 25 } as const;

const settings = z
  .strictObject({
    host: hostName('Mail server that takes the message.'),
    port: portNumber('Its port; 587, 465 or 25 by `tls` unless stated.').exactOptional(),
    tls: destination(z.enum(['starttls', 'implicit', 'none']))
      .default('starttls')
      .describe(
        '`starttls` must succeed before anything is said, `implicit` begins with TLS, `none` is for a relay on this machine.',
      ),
    ca: serverFile('PEM file of an authority to trust beside the usual ones.').exactOptional(),
    user: z.string().min(1).max(256).exactOptional().describe('Name to sign in with.'),
    password: secret('Password to sign in with.').exactOptional(),
    from: mailbox().describe('Sender of the message.'),
    to: z.array(mailbox()).min(1).max(50).describe('Who gets the message.'),
  })
  .superRefine(({ tls, user, password }, context) => {
    if ((user === undefined) !== (password === undefined)) {
      context.addIssue({ code: 'custom', message: 'user and password belong together' });
    }
    if (tls === 'none' && password !== undefined) {
      const message = 'a password is not sent without TLS; choose starttls or implicit';
      context.addIssue({ code: 'custom', path: ['tls'], message });
    }
  });

type Settings = z.infer<typeof settings>;

/** A server that stalls is left after this long, whatever it was doing. */
const TIMEOUT_MS = 20_000;

/**
 * One message id per message, the same at every try; all messages of an incident refer to one that was
 * never sent, so that they stand together in any order (RFC 5322 §3.6.4). Auto-Submitted keeps
 * responders quiet (RFC 3834).
 */
function headersOf(message: Alert, from: string) {
  const domain = from.slice(from.lastIndexOf('@') + 1);
  const thread = `<incident.${shortHash(message.incident)}@${domain}>`;
  return {
    messageId: `<alert.${shortHash(message.id)}@${domain}>`,
    inReplyTo: thread,
    references: thread,
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
  };
}

async function transportFor(config: Settings, world: World) {
  const { host, tls, port = PORTS[tls], user, password, ca } = config;
  const trust = await trustFor('email', host, ca);
  const connection = await world.connect(host, port);
  return createTransport({
    host,
    port,
    connection,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    tls: { ...trust, minVersion: 'TLSv1.2' },
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    socketCloseTimeout: 0,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(user === undefined ? {} : { auth: { user, pass: password ?? '' } }),
  });
}

/** A reply of class 5 stays (RFC 5321 §4.2.1), and so does a sign-in that failed. */
function failure(host: string, thrown: unknown): PosternError {
  if (thrown instanceof PosternError) return thrown;
  const { responseCode = 0 } = thrown as { responseCode?: number };
  const code = responseCode >= 500 ? 'NOTIFY_REFUSED' : 'NOTIFY_UNREACHABLE';
  return problem(code, { peer: host, problem: visible(messageOf(thrown)) });
}

/** Some have it: another try would be a double for those, so this is for people to see. */
function partly(host: string, errors: readonly Error[]): PosternError {
  const said = errors.map((error) => visible(error.message)).join('; ');
  return problem('NOTIFY_REFUSED', { peer: host, problem: `not for all recipients: ${said}` });
}

export const email: Channel<typeof settings> = {
  name: 'email',
  title: 'E-mail',
  settings,
  async send(message, config, world) {
    const transport = await transportFor(config, world);
    const ends = within(TIMEOUT_MS, world.signal);
    const ended = new Promise<never>((_, reject) => {
      const end = (): void => reject(new Error(`no answer within ${TIMEOUT_MS} ms`));
      if (ends.aborted) end();
      ends.addEventListener('abort', end, { once: true });
    });
    try {
      const sending = transport.sendMail({
        from: { name: 'Postern', address: config.from },
        to: config.to,
        date: world.now(),
        subject: headlineOf(message),
        text: renderText(message),
        html: renderHtml(message),
        ...headersOf(message, config.from),
      });
      const { rejectedErrors = [] } = await Promise.race([sending, ended]);
      if (rejectedErrors.length > 0) throw partly(config.host, rejectedErrors);
    } catch (thrown) {
      world.signal.throwIfAborted();
      throw failure(config.host, thrown);
    } finally {
      transport.close();
    }
  },
};
