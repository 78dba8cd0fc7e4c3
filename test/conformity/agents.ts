import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from '../../src/server/audits/digest.ts';
import { openStore, type Store } from '../../src/store/open.ts';
import {
  addAgent,
  agentByHash,
  agentById,
  agentPage,
  agentsAt,
  changeAgent,
  enrolAgent,
  newestAudit,
  revokeAgent,
  seeAgent,
  setAddresses,
  silenceAgents,
  unsharedAddresses,
} from '../../src/store/queries/agents.ts';
import { assetPage } from '../../src/store/queries/assets.ts';
import { contradictionsIn } from '../../src/store/queries/contradictions.ts';
import { acceptFinding, unacceptFinding } from '../../src/store/queries/finding-actions.ts';
import { findingEvents, findingList } from '../../src/store/queries/findings.ts';
import { outsideLooks } from '../../src/store/queries/outside-looks.ts';
import { recordLook } from '../../src/store/record.ts';
import { recordAudit } from '../../src/store/record-audit.ts';
import { auditOf, type MadeAudit } from '../helpers/made-audits.ts';
import { lookOf } from '../helpers/stored-looks.ts';
import type { StoreKind } from './store.ts';

const TENANT = 'acme';
const HOUR = 60 * 60 * 1000;
const NOON = Date.UTC(2026, 0, 1, 12);
const HOST = '192.0.2.7';
/** Without a rule nobody hears events. */
const RULE = {
  ...{ tenant: TENANT, id: 'r', name: 'all', spec: '{}', enabled: 1, created_at: NOON },
  ...{ digest_from: NOON, position: 0 },
};
/** Two hosts, in networks of their own. */
const SHARED = '10.0.0.1';

/** What the store does for agents, whatever it is made of. */
export function describeAgents(place: StoreKind): void {
  describe(`agents in ${place.name}`, () => {
    let store: Store;
    beforeAll(() => place.start());
    afterAll(async () => {
      await store.close();
      await place.stop();
    });
    beforeEach(async () => {
      await (store as Store | undefined)?.close();
      store = await openStore(await place.newPlace());
      await store.write((tx) => tx.insertInto('alert_rules').values(RULE).execute());
    });

    async function newAgent(name: string, tenant = TENANT): Promise<string> {
      const id = randomUUID();
      const settings = { helloMs: 60_000, auditMs: HOUR, by: 'user:1', now: NOON };
      const enrolment = { enrolment: `e-${id}`, enrolmentUntil: NOON + HOUR };
      await store.write((tx) => addAgent(tx, tenant, { id, name, ...enrolment, ...settings }));
      const told = { hash: `h-${id}`, facts: '{}', now: NOON };
      await store.write((tx) => enrolAgent(tx, `e-${id}`, told));
      return id;
    }

    /** Takes an audit that was made so many hours after noon. */
    async function take(agent: string, hour: number, about: MadeAudit, tenant = TENANT) {
      const at = NOON + hour * HOUR;
      const report = auditOf({ at, ...about });
      const named = await store.read((db) =>
        unsharedAddresses(db, tenant, agent, report.audit.addresses),
      );
      const looks = await store.read((db) => outsideLooks(db, tenant, store.facts, named));
      const seen = looks.map(({ look }) => look);
      const digest = digestOf(report, seen);
      return store.write((tx) =>
        recordAudit(tx, tenant, store.facts, { agent, digest, at, now: at }),
      );
    }

    const findings = (status: 'open' | 'resolved' = 'open', tenant = TENANT) =>
      store.read((db) => findingList(db, tenant, { status, limit: 100, now: NOON }));
    const told = async () =>
      (await findings()).map(({ port, rule, view, address }) => [port, rule, view, address]);
    const events = (tenant = TENANT) =>
      store.read((db) =>
        db
          .selectFrom('events')
          .select(['kind', 'subject', 'batch'])
          .where('tenant', '=', tenant)
          .orderBy('at')
          .orderBy('kind')
          .execute(),
      );

    it('spends an enrolment token once, in its time, and not for a revoked agent', async () => {
      const id = randomUUID();
      const settings = { helloMs: 60_000, auditMs: HOUR, by: 'user:1', now: NOON };
      const agent = { id, name: 'a', enrolment: 'e', enrolmentUntil: NOON + HOUR, ...settings };
      await store.write((tx) => addAgent(tx, TENANT, agent));
      const enrol = (token: string, now: number) =>
        store.write((tx) => enrolAgent(tx, token, { hash: 'h', facts: '{}', now }));
      expect(await enrol('e', NOON + HOUR)).toBeUndefined();
      expect(await enrol('other', NOON)).toBeUndefined();
      const both = await Promise.all([enrol('e', NOON), enrol('e', NOON)]);
      expect(both.filter((row) => row?.id === id && row.tenant === TENANT)).toHaveLength(1);
      await store.write((tx) =>
        changeAgent(tx, TENANT, id, { enrolment: 'f', enrolment_until: NOON * 2 }),
      );
      await store.write((tx) => revokeAgent(tx, TENANT, id, NOON));
      expect(await enrol('f', NOON)).toBeUndefined();
      expect((await store.read((db) => agentByHash(db, 'h')))?.revoked_at).toBe(NOON);
    });

    it('pages through the agents of one tenant only', async () => {
      const ids = [await newAgent('a'), await newAgent('b'), await newAgent('c')].sort();
      const foreign = await newAgent('x', 'other');
      const first = await store.read((db) => agentPage(db, TENANT, { limit: 2 }));
      const after = first.at(-1)?.id;
      const second = await store.read((db) => agentPage(db, TENANT, { limit: 2, after }));
      expect([...first, ...second].map(({ id }) => id)).toEqual(ids);
      expect(await store.read((db) => agentById(db, TENANT, foreign))).toBeUndefined();
      expect(
        await store.write((tx) => changeAgent(tx, TENANT, foreign, { name: 'mine' })),
      ).toBeUndefined();
      expect(await store.write((tx) => revokeAgent(tx, TENANT, foreign, NOON))).toBeUndefined();
    });

    it('opens one finding for a port of a host with five addresses, resolves and reopens it', async () => {
      const agent = await newAgent('db1');
      const addresses = ['10.0.0.1', '10.0.0.2', HOST, '198.51.100.4', '172.17.0.1'];
      const open = { listeners: { 5432: 'postgres' }, rules: ['tcp dport 5432 accept'], addresses };
      expect(await take(agent, 0, open)).toEqual({ stored: true, newest: true });
      expect(await told()).toEqual([[5432, 'exposed.database', 'inside', HOST]]);
      const [first] = await findings();
      expect(first).toMatchObject({ vantage: agent, names: ['db1'] });
      expect(first?.evidence).toEqual(['listener: postgres on 0.0.0.0']);
      await take(agent, 1, { ...open, listeners: {}, rules: [] });
      expect(await told()).toEqual([]);
      await take(agent, 2, open);
      expect(await findings()).toMatchObject([{ id: first?.id, reopened: 1 }]);
      expect((await events()).map(({ kind, subject }) => [kind, subject])).toEqual(
        ['opened', 'resolved', 'reopened'].map((word) => [`finding.${word}`, first?.id]),
      );
    });

    it('resolves by what the firewall does now, and says so', async () => {
      const agent = await newAgent('db1');
      const listeners = { 5432: 'postgres' };
      await take(agent, 0, { listeners, rules: ['tcp dport 5432 accept'] });
      const [first] = await findings();
      await take(agent, 1, { listeners, rules: [] });
      expect(await told()).toEqual([[5432, 'host.one-layer', 'inside', HOST]]);
      const history = await store.read((db) => findingEvents(db, TENANT, first?.id ?? ''));
      expect(history.map(({ kind }) => kind)).toEqual(['opened', 'resolved']);
      expect(history[1]?.detail).toContain('only one layer');
    });

    it.each(['listeners', 'firewall'] as const)(
      'resolves nothing by an audit that could not see the %s',
      async (blind) => {
        const agent = await newAgent('db1');
        await take(agent, 0, { listeners: { 5432: 'postgres' }, rules: ['tcp dport 5432 accept'] });
        await take(agent, 1, { listeners: {}, rules: [], blind });
        await take(agent, 2, { listeners: { 5432: 'postgres' }, rules: [], blind });
        expect((await told()).map(([, rule]) => rule)).toContain('exposed.database');
        expect(await findings('resolved')).toEqual([]);
      },
    );

    it('takes an audit once, and lets an older one change nothing', async () => {
      const agent = await newAgent('db1');
      const id = randomUUID();
      const closed = { listeners: {}, rules: [], id };
      await take(agent, 5, closed);
      expect(await take(agent, 5, closed)).toMatchObject({ stored: false });
      const old = { listeners: { 5432: 'postgres' }, rules: ['tcp dport 5432 accept'] };
      expect(await take(agent, 4, old)).toEqual({ stored: true, newest: false });
      expect(await told()).toEqual([]);
      expect((await store.read((db) => newestAudit(db, TENANT, agent)))?.id).toBe(id);
      await expect(take(await newAgent('b'), 6, closed)).rejects.toMatchObject({
        code: 'API_CONFLICT',
      });
    });

    it('takes nothing of an agent that was revoked, and leaves its findings', async () => {
      const agent = await newAgent('db1');
      const open = { listeners: { 5432: 'postgres' }, rules: ['tcp dport 5432 accept'] };
      await take(agent, 0, open);
      await store.write((tx) => revokeAgent(tx, TENANT, agent, NOON));
      await expect(take(agent, 1, { listeners: {}, rules: [] })).rejects.toMatchObject({
        code: 'AGENT_REVOKED',
      });
      expect(await told()).toHaveLength(1);
    });

    it('lists findings under the address people named, and moves them when it changes', async () => {
      const agent = await newAgent('db1');
      const open = { listeners: { 5432: 'postgres' }, rules: ['tcp dport 5432 accept'] };
      const addresses = ['10.0.0.5'];
      await take(agent, 0, { ...open, addresses });
      const [first] = await findings();
      expect(first?.address).toBe('10.0.0.5');
      await store.write((tx) =>
        setAddresses(tx, TENANT, agent, { addresses: ['203.0.113.9'], said: 1 }),
      );
      await take(agent, 1, { ...open, addresses });
      expect(await findings()).toMatchObject([{ id: first?.id, address: '203.0.113.9' }]);
      expect(await store.read((db) => agentsAt(db, TENANT, '203.0.113.9'))).toMatchObject([
        { id: agent, said: 1 },
      ]);
    });

    it('joins what a scan saw, and leaves out addresses that two hosts have', async () => {
      const agent = await newAgent('db1');
      const look = (state: 'open') =>
        recordLook(
          store,
          TENANT,
          'scan',
          lookOf({
            at: NOON,
            tcp: '5432',
            hosts: { [HOST]: { 5432: state }, [SHARED]: { 5432: state } },
          }),
        );
      const shut = { listeners: { 5432: 'postgres' }, rules: [], addresses: [HOST, SHARED] };
      await take(await newAgent('other'), 0, {
        listeners: {},
        rules: [],
        addresses: [SHARED],
      });
      await take(agent, 0, shut);
      await look('open');
      await take(agent, 1, shut);
      const [finding] = await findings();
      expect(finding).toMatchObject({ rule: 'host.reach-unknown', view: 'both' });
      expect(finding?.why).toContain('something else decides');
      expect(finding?.evidence.filter((line) => line.startsWith('outside'))).toEqual([
        `outside: ${HOST} open from here`,
      ]);
    });

    it('has a host as bad as the worst open finding of its address, whatever its view', async () => {
      const agent = await newAgent('db1');
      const severity = async () => {
        const page = await store.read((db) => assetPage(db, TENANT, store.facts, { limit: 10 }));
        return Object.fromEntries(page.assets.map((asset) => [asset.address, asset.severity]));
      };
      const look = (hour: number, address = HOST) =>
        recordLook(
          store,
          TENANT,
          'scan',
          lookOf({ at: NOON + hour * HOUR, tcp: '443', hosts: { [address]: { 443: 'open' } } }),
        );
      const web = { listeners: { 443: 'nginx' }, rules: ['tcp dport 443 accept'] };
      const listeners = { ...web.listeners, 5432: 'postgres' };
      const rules = [...web.rules, 'tcp dport 5432 accept'];
      const named = { listeners, rules, addresses: [HOST] };
      await take(agent, 0, named);
      const [finding] = await findings();
      const id = finding?.id ?? '';
      const worst = finding?.severity;
      expect(worst).toBeDefined();
      // known by its agent alone
      expect(await severity()).toEqual({});
      await look(1);
      await look(1, SHARED);
      expect(await severity()).toEqual({ [HOST]: worst, [SHARED]: undefined });
      expect(await store.snapshot(contradictionsIn)).toEqual([]);
      const act = { facts: store.facts, tenant: TENANT, finding: id, actor: 'user:1', at: NOON };
      const about = { reason: 'meant', until: NOON + 100 * HOUR };
      await store.write((tx) => acceptFinding(tx, act, about));
      expect(await severity()).toEqual({ [HOST]: undefined, [SHARED]: undefined });
      await look(2);
      expect((await severity())[HOST]).toBeUndefined();
      await store.write((tx) => unacceptFinding(tx, act));
      await look(3);
      expect((await severity())[HOST]).toBe(worst);
      await take(agent, 4, { ...named, ...web });
      expect((await severity())[HOST]).toBeUndefined();
      await take(agent, 5, named);
      expect((await severity())[HOST]).toBe(worst);
      await store.write((tx) => setAddresses(tx, TENANT, agent, { addresses: [SHARED], said: 1 }));
      await take(agent, 6, named);
      expect(await severity()).toEqual({ [HOST]: undefined, [SHARED]: worst });
      expect(await store.snapshot(contradictionsIn)).toEqual([]);
    });

    it('tells once that an agent is silent, and that it is back', async () => {
      const agent = await newAgent('db1');
      const silence = (ms: number) => store.write((tx) => silenceAgents(tx, NOON + ms));
      expect(await silence(180_000)).toBe(0);
      const counts = await Promise.all([silence(180_001), silence(180_002)]);
      expect(counts.toSorted((a, b) => a - b)).toEqual([0, 1]);
      await store.write((tx) => seeAgent(tx, TENANT, agent, { now: NOON + HOUR }));
      await store.write((tx) => seeAgent(tx, TENANT, agent, { now: NOON + HOUR + 1 }));
      const happened = await events();
      expect(happened).toMatchObject([
        { kind: 'agent.silent', subject: agent },
        { kind: 'agent.returned', subject: agent },
      ]);
      // not of one moment: heard late, the end must not come before the beginning
      expect(new Set(happened.map(({ batch }) => batch)).size).toBe(2);
      await store.write((tx) => revokeAgent(tx, TENANT, agent, NOON));
      expect(await silence(24 * HOUR)).toBe(0);
    });

    it('tells that a silent agent is revoked: nobody need wait for it', async () => {
      const agent = await newAgent('db1');
      await store.write((tx) => silenceAgents(tx, NOON + HOUR));
      const revoke = () => store.write((tx) => revokeAgent(tx, TENANT, agent, NOON + 2 * HOUR));
      expect(await revoke()).toMatchObject({ id: agent });
      expect(await revoke()).toBeUndefined();
      expect(await events()).toMatchObject([
        { kind: 'agent.silent', subject: agent },
        { kind: 'agent.returned', subject: agent },
      ]);
    });

    it('lets agents that fall silent together be told together', async () => {
      for (const name of ['db1', 'db2', 'db3']) await newAgent(name);
      await store.write((tx) => silenceAgents(tx, NOON + HOUR));
      const happened = await events();
      expect(happened).toHaveLength(3);
      expect(new Set(happened.map(({ batch }) => batch)).size).toBe(1);
    });

    it('keeps tenants apart', async () => {
      const agent = await newAgent('db1');
      await take(agent, 0, { listeners: { 5432: 'postgres' }, rules: ['tcp dport 5432 accept'] });
      expect(await findings('open', 'other')).toEqual([]);
      expect(await store.read((db) => agentsAt(db, 'other', HOST))).toEqual([]);
      expect(await store.read((db) => newestAudit(db, 'other', agent))).toBeUndefined();
      await expect(take(agent, 1, { listeners: {} }, 'other')).rejects.toMatchObject({
        code: 'AGENT_REVOKED',
      });
    });
  });
}
