import { randomUUID } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import { auditReport } from '../../contract/audit.ts';
import { canonicalAddress } from '../../model/address.ts';
import { problem } from '../../model/errors.ts';
import {
  addAgent,
  addressesOf,
  agentById,
  agentPage,
  changeAgent,
  newestAudit,
  revokeAgent,
  setAddresses,
} from '../../store/queries/agents.ts';
import { isoOf, isoOrNull } from '../../store/rows.ts';
import type { AgentRow } from '../../store/service-schema.ts';
import { newToken } from '../agent-caller.ts';
import { auditReader } from '../audits/reader.ts';
import { cursor, limit, pageFrom, pageOf } from '../paging.ts';
import { type Route, route } from '../route.ts';

const ENROL_WITHIN_MS = 24 * 60 * 60 * 1000;
const SECOND_MS = 1000;
const MAX_ADDRESSES = 64;

const TAG = 'Agents';
const READ = { role: 'viewer', scope: 'read' } as const;
const ADMIN = { role: 'admin', scope: 'admin' } as const;

const name = z.string().trim().min(1).max(100);
const id = z.object({ id: z.uuid() });
const time = z.iso.datetime();
const place = z.uuid();
const hello = z.int().min(10).max(86_400).describe('Seconds between two signs of life.');
const every = z.int().min(60).max(604_800).describe('Seconds between two audits without a change.');
const token = z.string().describe('Shown this once; good for one agent and 24 hours.');

const agent = z
  .object({
    id: z.uuid(),
    name,
    status: z
      .enum(['waiting', 'active', 'silent', 'revoked'])
      .describe('waiting: not enrolled yet; silent: not heard of for three signs of life.'),
    host: z.string().nullable().describe('What the host calls itself.'),
    system: z.string().nullable(),
    version: z.string().nullable().describe('Of the agent.'),
    address: z.string().nullable().describe('The address that its findings are listed under.'),
    helloSeconds: hello,
    auditSeconds: every,
    createdAt: time,
    createdBy: z.string(),
    enrolledAt: time.nullable(),
    seenAt: time.nullable(),
    silentSince: time.nullable(),
    revokedAt: time.nullable(),
    audit: z
      .object({
        at: time,
        complete: z.boolean().describe('Whether the agent could see everything.'),
        listeners: z.int(),
        doors: z.int(),
        flaws: z.int(),
      })
      .nullable()
      .describe('The newest audit.'),
  })
  .openapi('Agent');

interface AgentFacts {
  readonly host?: string;
  readonly system?: string;
  readonly tool?: string;
  readonly audit?: {
    readonly at: number;
    readonly complete: boolean;
    readonly listeners: number;
    readonly doors: number;
    readonly flaws: number;
  };
}

function statusOf({ revoked_at, enrolled_at, silent_at }: AgentRow) {
  if (revoked_at !== null) return 'revoked';
  if (enrolled_at === null) return 'waiting';
  return silent_at === null ? 'active' : 'silent';
}

function agentOf(row: AgentRow): z.input<typeof agent> {
  const { host = null, system = null, tool = null, audit } = JSON.parse(row.facts) as AgentFacts;
  return {
    ...{ id: row.id, name: row.name, status: statusOf(row), host, system, version: tool },
    address: row.address,
    helloSeconds: row.hello_ms / SECOND_MS,
    auditSeconds: row.audit_ms / SECOND_MS,
    createdAt: isoOf(row.created_at),
    createdBy: row.created_by,
    enrolledAt: isoOrNull(row.enrolled_at),
    seenAt: isoOrNull(row.seen_at),
    silentSince: isoOrNull(row.silent_at),
    revokedAt: isoOrNull(row.revoked_at),
    audit: audit === undefined ? null : { ...audit, at: isoOf(audit.at) },
  };
}

function found<T>(value: T | undefined, asked: string): T {
  if (value === undefined) throw problem('API_NOT_FOUND', { what: 'agent', value: asked });
  return value;
}

const list = route({
  method: 'get',
  path: '/agents',
  tag: TAG,
  summary: 'Agents, by id.',
  access: READ,
  query: z.object({ limit, cursor: cursor(place) }),
  answer: pageOf(agent),
  handle: async ({ mine, query: { limit: most, cursor: after } }) => {
    const rows = await mine.ask(agentPage, { limit: most + 1, after });
    return pageFrom(rows, { limit: most, itemOf: agentOf, place, placeOf: (row) => row.id });
  },
});

const create = route({
  method: 'post',
  path: '/agents',
  tag: TAG,
  summary: 'Prepares an agent: postern agent enrol URL TOKEN on its host does the rest.',
  access: ADMIN,
  body: z.object({
    name,
    helloSeconds: hello.default(300),
    auditSeconds: every.default(21_600),
  }),
  answer: z.object({ agent, token, validUntil: time }).openapi('NewAgent'),
  status: 201,
  handle: async ({ mine, body, caller, now }) => {
    const fresh = newToken('enrolment');
    const made = randomUUID();
    const until = now + ENROL_WITHIN_MS;
    const row = await mine.change(
      { action: 'agent.create', subject: made, detail: body },
      addAgent,
      {
        ...{ id: made, name: body.name, enrolment: fresh.hash, enrolmentUntil: until },
        ...{ helloMs: body.helloSeconds * SECOND_MS, auditMs: body.auditSeconds * SECOND_MS },
        ...{ by: caller.actor, now },
      },
    );
    return { agent: agentOf(row), token: fresh.token, validUntil: isoOf(until) };
  },
});

const get = route({
  method: 'get',
  path: '/agents/{id}',
  tag: TAG,
  summary: 'One agent.',
  access: READ,
  params: id,
  answer: agent,
  handle: async ({ mine, params }) =>
    agentOf(found(await mine.ask(agentById, params.id), params.id)),
});

const change = route({
  method: 'patch',
  path: '/agents/{id}',
  tag: TAG,
  summary: 'Renames an agent, or has it report more or less often.',
  access: ADMIN,
  params: id,
  body: z.object({
    name: name.optional(),
    helloSeconds: hello.optional(),
    auditSeconds: every.optional(),
  }),
  answer: agent,
  handle: async ({ mine, params, body: { name: called, helloSeconds, auditSeconds } }) => {
    const row = await mine.change(
      {
        action: 'agent.change',
        subject: params.id,
        detail: { called, helloSeconds, auditSeconds },
      },
      async (tx, tenant) =>
        found(
          await changeAgent(tx, tenant, params.id, {
            ...(called === undefined ? {} : { name: called }),
            ...(helloSeconds === undefined ? {} : { hello_ms: helloSeconds * SECOND_MS }),
            ...(auditSeconds === undefined ? {} : { audit_ms: auditSeconds * SECOND_MS }),
          }),
          params.id,
        ),
    );
    return agentOf(row);
  },
});

const renew = route({
  method: 'post',
  path: '/agents/{id}/enrolment',
  tag: TAG,
  summary: 'A new enrolment token: the old one was lost, or the host was set up anew.',
  access: ADMIN,
  params: id,
  answer: z.object({ agent, token, validUntil: time }).openapi('RenewedAgent'),
  status: 201,
  handle: async ({ mine, params, now }) => {
    const fresh = newToken('enrolment');
    const until = now + ENROL_WITHIN_MS;
    const row = await mine.change(
      { action: 'agent.renew', subject: params.id },
      async (tx, tenant) =>
        found(
          await changeAgent(tx, tenant, params.id, {
            enrolment: fresh.hash,
            enrolment_until: until,
          }),
          params.id,
        ),
    );
    return { agent: agentOf(row), token: fresh.token, validUntil: isoOf(until) };
  },
});

const revoke = route({
  method: 'delete',
  path: '/agents/{id}',
  tag: TAG,
  summary: 'Revokes an agent: nothing that it sends is taken any more. What it told stays.',
  access: ADMIN,
  params: id,
  answer: agent,
  handle: async ({ mine, params, now }) =>
    agentOf(
      await mine.change({ action: 'agent.revoke', subject: params.id }, async (tx, tenant) =>
        found(await revokeAgent(tx, tenant, params.id, now), params.id),
      ),
    ),
});

const addressList = z
  .object({
    said: z.array(z.string()).describe('Named by people: a public address in front of NAT.'),
    own: z.array(z.string()).describe('What the host has, by its newest audit.'),
  })
  .openapi('AgentAddresses');

const addresses = route({
  method: 'get',
  path: '/agents/{id}/addresses',
  tag: TAG,
  summary: "The addresses of an agent's host.",
  access: READ,
  params: id,
  answer: addressList,
  handle: async ({ mine, params }) => {
    found(await mine.ask(agentById, params.id), params.id);
    const rows = await mine.ask(addressesOf, params.id);
    const of = (said: number) => rows.filter((row) => row.said === said).map((row) => row.address);
    return { said: of(1), own: of(0) };
  },
});

const address = z.string().transform((text, context) => {
  const canonical = canonicalAddress(text);
  if (canonical !== null && !canonical.includes('%')) return canonical;
  context.addIssue(`"${text.slice(0, 64)}" is no address`);
  return z.NEVER;
});

const nameAddresses = route({
  method: 'put',
  path: '/agents/{id}/addresses',
  tag: TAG,
  summary: "Names public addresses of an agent's host that the host does not know itself.",
  access: ADMIN,
  params: id,
  body: z.object({ said: z.array(address).max(MAX_ADDRESSES) }),
  answer: z.object({ said: z.array(z.string()) }),
  handle: async ({ mine, params, body: { said } }) => {
    await mine.change(
      { action: 'agent.addresses', subject: params.id, detail: { said } },
      async (tx, tenant) => {
        found(await changeAgent(tx, tenant, params.id, {}), params.id);
        await setAddresses(tx, tenant, params.id, { addresses: said, said: 1 });
      },
    );
    return { said };
  },
});

const audit = route({
  method: 'get',
  path: '/agents/{id}/audit',
  tag: TAG,
  summary: 'The newest audit of an agent, whole.',
  access: READ,
  params: id,
  answer: auditReport,
  handle: async ({ mine, params }) => {
    found(await mine.ask(agentById, params.id), params.id);
    const newest = await mine.ask(newestAudit, params.id);
    if (newest === undefined) {
      throw problem('API_NOT_FOUND', { what: 'audit of the agent', value: params.id });
    }
    return auditReader.unpack(newest.body);
  },
});

export const agentsRoutes: readonly Route[] = [
  ...[list, create, get, change, renew, revoke],
  ...[addresses, nameAddresses, audit],
];
