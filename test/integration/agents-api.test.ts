import { randomBytes, randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditReport } from '../../src/model/audit.ts';
import { ROUTES } from '../../src/server/routes.ts';
import { silentAgents } from '../../src/server/silent-agents.ts';
import { countSilent } from '../../src/store/queries/figures.ts';
import { recordLook } from '../../src/store/record.ts';
import { auditOf } from '../helpers/made-audits.ts';
import { lookOf } from '../helpers/stored-looks.ts';
import { person, type TestApi, testApi } from '../helpers/test-api.ts';
import { openTestStore, type TestStore } from '../helpers/test-store.ts';

const DAY = 24 * 60 * 60 * 1000;
const FOREIGN = person('admin', 'other');
const FACTS = { host: 'db1', system: 'linux', tool: 'postern 0.1.0' };

let opened: TestStore;
let api: TestApi;
let now = Date.UTC(2026, 0, 1, 12);
beforeAll(async () => {
  opened = await openTestStore();
  api = testApi(opened.store, ROUTES, { now: () => now });
});
afterAll(() => opened.end());

interface Made {
  readonly agent: { readonly id: string };
  readonly token: string;
}

async function create(name = 'db1', caller = person('admin')): Promise<Made> {
  const { status, json } = await api.ask('POST', '/agents', { body: { name }, caller });
  expect(status).toBe(201);
  return json as Made;
}

async function enrolled(caller = person('admin')): Promise<{ id: string; token: string }> {
  const { token } = await create('db1', caller);
  const body = { token, ...FACTS };
  const { json } = await api.ask('POST', '/agent/enrol', { body, caller: null });
  return json as { id: string; token: string };
}

/** Asks as an agent does. */
async function asAgent(token: string, path: string, body: Uint8Array | string = '{}') {
  const answer = await api.fetch(
    new Request(`http://127.0.0.1/api/v1${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: body as NonNullable<RequestInit['body']>,
    }),
  );
  return { status: answer.status, json: await answer.json() };
}

function send(token: string, report: AuditReport, ageMs = 0) {
  return asAgent(token, `/agent/audits?age=${ageMs}`, gzipSync(JSON.stringify(report)));
}

const codeOf = ({ json }: { readonly json: unknown }) =>
  (json as { error?: { code?: string } }).error?.code;

describe('enrolment', () => {
  it('changes a token for another, once and within a day', async () => {
    const [{ token }, late] = [await create(), await create()];
    const enrol = (one: string) =>
      api.ask('POST', '/agent/enrol', { body: { token: one, ...FACTS }, caller: null });
    expect(await enrol(token)).toMatchObject({ status: 201, json: { auditSeconds: 21_600 } });
    expect(codeOf(await enrol(token))).toBe('AGENT_ENROLMENT');
    now += DAY;
    expect(await enrol(late.token)).toMatchObject({ status: 403 });
    const renewed = await api.ask('POST', `/agents/${late.agent.id}/enrolment`);
    expect((await enrol((renewed.json as Made).token)).status).toBe(201);
  });

  it('is in the audit log: by which agent, of which host, from where', async () => {
    const { id } = await enrolled();
    const query = `/audit-log?action=agent.enrol&subject=${id}`;
    expect((await api.ask('GET', query)).json).toMatchObject({
      items: [{ actor: `agent:${id}`, detail: FACTS, source: '127.0.0.1' }],
    });
  });

  it('stores no token that could be used', async () => {
    const { token } = await create();
    const other = await enrolled();
    const rows = await opened.store.read((db) => db.selectFrom('agents').selectAll().execute());
    const log = await opened.store.read((db) => db.selectFrom('audit_log').selectAll().execute());
    expect(log.length).toBeGreaterThan(0);
    const kept = JSON.stringify([rows, log]);
    expect(kept).not.toContain(token);
    expect(kept).not.toContain(other.token);
    expect(JSON.stringify((await api.ask('GET', '/agents')).json)).not.toMatch(/ps[ea]_/);
  });
});

describe('the token of an agent', () => {
  it('opens the routes for agents and no other; nothing else opens those', async () => {
    const { id, token } = await enrolled();
    expect((await asAgent(token, '/agent/hello')).status).toBe(200);
    for (const { method, path, access } of ROUTES) {
      if (access === 'agent' || access === 'anyone') continue;
      const url = `http://127.0.0.1/api/v1${path.replace('{id}', id).replace('{address}', '192.0.2.7')}`;
      const headers = { authorization: `Bearer ${token}` };
      const answer = await api.fetch(new Request(url, { method: method.toUpperCase(), headers }));
      expect([path, answer.status]).toEqual([path, 401]);
    }
    for (const path of ['/agent/hello', '/agent/audits']) {
      expect(await api.ask('POST', path, { body: {} })).toMatchObject({ status: 401 });
    }
    expect(
      (await asAgent(`psa_${randomBytes(32).toString('base64url')}`, '/agent/hello')).status,
    ).toBe(401);
  });

  it('is worth nothing when it was revoked, and says why', async () => {
    const { id, token } = await enrolled();
    expect((await api.ask('DELETE', `/agents/${id}`)).json).toMatchObject({ status: 'revoked' });
    expect(codeOf(await asAgent(token, '/agent/hello'))).toBe('AGENT_REVOKED');
    expect(codeOf(await send(token, auditOf({ listeners: {} })))).toBe('AGENT_REVOKED');
    expect((await api.ask('DELETE', `/agents/${id}`)).status).toBe(404);
  });
});

describe('an audit', () => {
  it('is taken once, by the time of the server', async () => {
    const { id, token } = await enrolled();
    // its clock is years ahead
    const report = auditOf({ at: now + 999 * DAY, listeners: { 5432: 'postgres' } });
    expect((await send(token, report, 60_000)).json).toEqual({ stored: true, newest: true });
    expect((await send(token, report, 60_000)).json).toMatchObject({ stored: false });
    const { json } = await api.ask('GET', `/agents/${id}`);
    expect(json).toMatchObject({
      status: 'active',
      host: 'db1',
      audit: { at: new Date(now - 60_000).toISOString(), listeners: 1, complete: true },
    });
    expect((await api.ask('GET', `/agents/${id}/audit`)).json).toEqual(
      JSON.parse(JSON.stringify(report)),
    );
  });

  it.each([
    ['no JSON', Buffer.from('{'), 422, 'AGENT_AUDIT'],
    ['another JSON', gzipSync('{"schema":"postern.audit/1"}'), 422, 'AGENT_AUDIT'],
    ['half a file', gzipSync(randomBytes(9000)).subarray(0, 5000), 422, 'AGENT_AUDIT'],
    ['a bomb of 200 MB', gzipSync(Buffer.alloc(200 << 20)), 422, 'AGENT_AUDIT'],
    ['JSON that is deep', gzipSync('['.repeat(5_000_000)), 422, 'AGENT_AUDIT'],
    ['17 MB', randomBytes(17 << 20), 413, 'API_TOO_LARGE'],
    ['nothing', new Uint8Array(), 422, 'AGENT_AUDIT'],
  ])('is refused when it is %s, and the next one is taken', async (_what, body, status, code) => {
    const { token } = await enrolled();
    const answer = await asAgent(token, '/agent/audits', body);
    expect([answer.status, codeOf(answer)]).toEqual([status, code]);
    expect((await send(token, auditOf({ listeners: {} }))).status).toBe(200);
  });

  it('comes from one agent one at a time', async () => {
    const { token } = await enrolled();
    const answers = await Promise.all(
      [1, 2].map(() => send(token, auditOf({ listeners: { 22: 'sshd' } }))),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 429]);
  });

  it('leaves other routes their megabyte', async () => {
    const body = { name: 'x'.repeat(2 << 20) };
    expect((await api.ask('POST', '/agents', { body })).status).toBe(413);
  });
});

describe('the doors of a host', () => {
  const address = '203.0.113.20';
  const look = (state: 'open' | 'closed') =>
    recordLook(
      opened.store,
      'local',
      'scan',
      lookOf({
        at: now,
        vantage: 'scanner',
        tcp: '22,5432',
        hosts: { [address]: { 22: state, 5432: state } },
      }),
    );
  const doors = async () =>
    (await api.ask('GET', `/hosts/${address}/doors`)).json as {
      readonly agent: { readonly id: string } | null;
      readonly candidates: readonly unknown[];
      readonly doors: readonly {
        readonly port: number;
        readonly view: string;
        readonly contradiction?: string;
        readonly verdict: { readonly rule: string; readonly why: string };
        readonly outside: readonly { readonly state: string }[];
      }[];
    };

  it('are seen from outside, then joined with the agent that people named', async () => {
    expect((await api.ask('GET', `/hosts/${address}/doors`)).status).toBe(404);
    await look('open');
    expect((await doors()).doors.map(({ port, view }) => [port, view])).toEqual([
      [22, 'outside'],
      [5432, 'outside'],
    ]);
    const { id, token } = await enrolled();
    const inside = auditOf({
      listeners: { 22: 'sshd', 5432: 'postgres' },
      rules: ['tcp dport 22 accept'],
      addresses: ['10.1.2.3'],
    });
    await send(token, inside);
    const put = (said: readonly string[], caller = person('admin')) =>
      api.ask('PUT', `/agents/${id}/addresses`, { body: { said }, caller });
    expect((await put(['no address'])).status).toBe(422);
    expect((await put([address], person('operator'))).status).toBe(403);
    expect((await put([address])).json).toEqual({ said: [address] });
    const joined = await doors();
    expect(joined.agent?.id).toBe(id);
    expect(joined.doors).toMatchObject([
      { port: 22, view: 'both', outside: [{ state: 'open' }] },
      { port: 5432, view: 'both', verdict: { rule: 'host.reach-unknown' } },
    ]);
    expect(joined.doors[1]?.contradiction).toContain('nobody is let in');
    expect(joined.doors[0]).not.toHaveProperty('contradiction');
    now += 1000;
    await look('closed');
    const after = await doors();
    expect(after.doors[0]?.contradiction).toContain('closed from outside');
    expect(after.doors[0]?.verdict.why).toContain('closed from outside');
    expect(after.doors[1]).not.toHaveProperty('contradiction');
  });

  it('are not joined where two agents have the address', async () => {
    const shared = '10.77.0.1';
    for (const _ of [1, 2]) {
      const { token } = await enrolled();
      await send(token, auditOf({ listeners: { 22: 'sshd' }, addresses: [shared] }));
    }
    const { json } = await api.ask('GET', `/hosts/${shared}/doors`);
    expect(json).toMatchObject({ agent: null, doors: [] });
    expect((json as { candidates: unknown[] }).candidates).toHaveLength(2);
  });
});

it('shows nothing of an agent to another tenant, and lets it change nothing', async () => {
  const { id, token } = await enrolled();
  await send(token, auditOf({ listeners: { 5432: 'postgres' }, addresses: ['198.51.100.77'] }));
  const asked = [
    ['GET', `/agents/${id}`],
    ['GET', `/agents/${id}/audit`],
    ['GET', `/agents/${id}/addresses`],
    ['GET', '/hosts/198.51.100.77/doors'],
    ['DELETE', `/agents/${id}`],
    ['POST', `/agents/${id}/enrolment`],
    ['PATCH', `/agents/${id}`, { name: 'mine' }],
    ['PUT', `/agents/${id}/addresses`, { said: [] }],
  ] as const;
  for (const [method, path, body] of asked) {
    const answer = await api.ask(method, path, { caller: FOREIGN, ...(body && { body }) });
    expect([path, answer.status]).toEqual([path, 404]);
  }
  expect((await api.ask('GET', '/agents', { caller: FOREIGN })).json).toEqual({
    items: [],
    next: null,
  });
  const changed = await api.ask('PATCH', `/agents/${id}`, {
    body: { name: 'renamed', helloSeconds: 20 },
  });
  expect(changed.json).toMatchObject({ name: 'renamed', helloSeconds: 20, auditSeconds: 21_600 });
  expect((await api.ask('GET', `/agents/${randomUUID()}`)).status).toBe(404);
});

it('calls an agent silent after three signs of life that did not come', async () => {
  const { id, token } = await enrolled();
  const status = async () =>
    ((await api.ask('GET', `/agents/${id}`)).json as { status: string }).status;
  now += 900_001;
  const silent = await silentAgents(opened.store, now);
  expect(silent).toBeGreaterThan(0);
  expect(await opened.store.read(countSilent)).toBe(silent);
  expect(await status()).toBe('silent');
  await asAgent(token, '/agent/hello');
  expect(await status()).toBe('active');
  expect(await opened.store.read(countSilent)).toBe(silent - 1);
});
