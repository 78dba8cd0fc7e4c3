import { z } from '@hono/zod-openapi';
import { auditReport } from '../../contract/audit.ts';
import { problem } from '../../model/errors.ts';
import { enrolAgent, seeAgent, unsharedAddresses } from '../../store/queries/agents.ts';
import { note } from '../../store/queries/audit-log.ts';
import { outsideLooks } from '../../store/queries/outside-looks.ts';
import { recordAudit } from '../../store/record-audit.ts';
import { isoOf } from '../../store/rows.ts';
import { newToken } from '../agent-caller.ts';
import { auditReader } from '../audits/reader.ts';
import { hashOf } from '../auth/secrets.ts';
import type { Caller } from '../caller.ts';
import { type Route, route } from '../route.ts';

const TAG = 'For agents';
const MAX_AUDIT = 16 << 20;
/** Audits that are received at once, of all agents: bounds memory. */
const MAX_AT_ONCE = 8;

/** Agents that send an audit at this moment, to this process. */
const sending = new Set<string>();

const facts = {
  host: z.string().max(255).describe('What the host calls itself.'),
  system: z.string().max(50),
  tool: z.string().max(100).describe('`postern` and its version.'),
};

const settings = {
  now: z.iso.datetime().describe("The server's time."),
  name: z.string(),
  helloSeconds: z.int(),
  auditSeconds: z.int(),
};

function settingsOf(row: { name: string; hello_ms: number; audit_ms: number }, now: number) {
  const { name, hello_ms, audit_ms } = row;
  return {
    now: isoOf(now),
    name,
    helloSeconds: hello_ms / 1000,
    auditSeconds: audit_ms / 1000,
  };
}

function idOf({ agent }: Caller): string {
  if (agent === undefined) throw new Error('a route for agents was asked by somebody else');
  return agent;
}

const enrol = route({
  method: 'post',
  path: '/agent/enrol',
  tag: TAG,
  summary: "Changes an enrolment token for the agent's own, once.",
  access: 'anyone',
  body: z.object({
    token: z.string().max(200),
    name: z.string().trim().min(1).max(100).optional().describe('In place of the one it has.'),
    ...facts,
  }),
  answer: z
    .object({ id: z.uuid(), token: z.string().describe('Shown this once.'), ...settings })
    .openapi('Enrolment'),
  status: 201,
  handle: async ({ body: { token, name, ...told }, service: { store }, source, now }) => {
    const fresh = newToken('agent');
    const own = name === undefined ? {} : { name };
    const how = { hash: fresh.hash, facts: JSON.stringify(told), now, ...own };
    // the tenant is what the token says: there is no caller yet whose it could be
    const row = await store.write(async (tx) => {
      const enrolled = await enrolAgent(tx, hashOf(token), how);
      if (enrolled === undefined) {
        throw problem('AGENT_ENROLMENT', { problem: 'it is unknown, used or too old' });
      }
      const { tenant, id } = enrolled;
      const deed = { action: 'agent.enrol', subject: id, detail: { ...own, ...told } };
      await note(tx, tenant, { ...deed, at: now, actor: `agent:${id}`, source });
      return enrolled;
    });
    return { id: row.id, token: fresh.token, ...settingsOf(row, now) };
  },
});

const hello = route({
  method: 'post',
  path: '/agent/hello',
  tag: TAG,
  summary: 'A sign of life; answers the time and the settings.',
  access: 'agent',
  body: z.object({}),
  answer: z.object(settings).openapi('AgentSettings'),
  handle: async ({ mine, caller, now }) => {
    const row = await mine.keep(seeAgent, idOf(caller), { now });
    if (row === undefined) throw problem('AGENT_REVOKED', { value: caller.name });
    return settingsOf(row, now);
  },
});

const audits = route({
  method: 'post',
  path: '/agent/audits',
  tag: TAG,
  summary: 'Takes an audit: the JSON of postern audit, gzipped or not. Safe to send again.',
  access: 'agent',
  query: z.object({
    age: z.coerce
      .number()
      .int()
      .min(0)
      .max(366 * 24 * 60 * 60 * 1000)
      .describe("How long ago it was made, ms by the agent's clock, which may be wrong.")
      .default(0),
  }),
  upload: { maxBytes: MAX_AUDIT, schema: auditReport },
  answer: z
    .object({
      stored: z.boolean().describe('False: it was stored before.'),
      newest: z.boolean().describe('False: a newer one is known, so that no finding changed.'),
    })
    .openapi('AuditTaken'),
  handle: async ({ mine, caller, query, upload, service, now }) => {
    const agent = idOf(caller);
    if (sending.has(agent) || sending.size >= MAX_AT_ONCE) {
      throw problem('API_TOO_MANY', { value: 'audits at once' });
    }
    sending.add(agent);
    try {
      const { facts: dialect } = service.store;
      const looksAt = async (addresses: readonly string[]) => {
        const named = await mine.ask(unsharedAddresses, agent, addresses);
        const looks = await mine.ask(outsideLooks, dialect, named);
        return looks.map(({ look }) => look);
      };
      const digest = await auditReader.digest(await upload(), looksAt);
      const at = now - query.age;
      const recorded = await mine.keepInTurn(recordAudit, dialect, { agent, digest, at, now });
      if (recorded.newest) service.wakeAlerts();
      return recorded;
    } finally {
      sending.delete(agent);
    }
  },
});

export const agentRoutes: readonly Route[] = [enrol, hello, audits];
