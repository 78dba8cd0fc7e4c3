import { z } from '@hono/zod-openapi';
import { auditedListener, outsideLook, publication, reachability } from '../../contract/audit.ts';
import { verdict } from '../../contract/scan.ts';
import { doorsOutside } from '../../judge/joined.ts';
import { canonicalAddress } from '../../model/address.ts';
import { problem } from '../../model/errors.ts';
import { VIEWS } from '../../model/history.ts';
import { agentsAt, newestAudit, unsharedAddresses } from '../../store/queries/agents.ts';
import { outsideLooks } from '../../store/queries/outside-looks.ts';
import { auditReader } from '../audits/reader.ts';
import { route } from '../route.ts';

const door = z
  .object({
    transport: z.enum(['tcp', 'udp']),
    port: z.int(),
    outside: z.array(outsideLook.extend({ at: z.iso.datetime() })).describe('Newest first.'),
    listeners: z.array(auditedListener),
    publications: z.array(publication),
    reachability: z.array(reachability).describe('Whom the firewall lets in; empty: not known.'),
    blockedBy: z.array(z.string()).describe('Layers that each, alone, let nobody in.'),
    verdict,
    view: z.enum(VIEWS).describe('What the verdict rests on.'),
    contradiction: z.string().optional().describe('Where the two views disagree.'),
  })
  .openapi('JoinedDoor');

export const hostDoorsRoute = route({
  method: 'get',
  path: '/hosts/{address}/doors',
  tag: 'Hosts',
  summary: 'Each port of a host: seen from outside, who listens, whom the firewall lets in.',
  access: { role: 'viewer', scope: 'read' },
  params: z.object({ address: z.string().max(64) }),
  answer: z
    .object({
      address: z.string(),
      agent: z
        .object({
          id: z.uuid(),
          name: z.string(),
          auditAt: z.iso.datetime(),
          complete: z.boolean(),
        })
        .nullable()
        .describe('Whose audit is joined; null: none, or several have this address.'),
      candidates: z
        .array(z.object({ id: z.uuid(), name: z.string() }))
        .describe('Agents with this address when there are several: name it for one of them.'),
      doors: z.array(door).describe('By transport, then port.'),
    })
    .openapi('HostDoors'),
  handle: async ({ mine, params, service }) => {
    const address = canonicalAddress(params.address);
    if (address === null) throw problem('API_INVALID', { where: 'address', problem: 'it is none' });
    const agents = await mine.ask(agentsAt, address);
    const said = agents.filter((one) => one.said === 1);
    const [agent, ...others] = said.length > 0 ? said : agents;
    const candidates = others.length === 0 ? [] : agents.map(({ id, name }) => ({ id, name }));
    const audit =
      agent === undefined || others.length > 0 ? undefined : await mine.ask(newestAudit, agent.id);
    const { facts } = service.store;
    if (agent === undefined || audit === undefined) {
      const looks = await mine.ask(outsideLooks, facts, [address]);
      if (looks.length === 0 && agents.length === 0) {
        throw problem('API_NOT_FOUND', { what: 'host', value: address });
      }
      return { address, agent: null, candidates, doors: doorsOutside(looks) };
    }
    const own = JSON.parse(audit.addresses) as string[];
    const named = await mine.ask(unsharedAddresses, agent.id, own);
    const looks = await mine.ask(outsideLooks, facts, [...new Set([address, ...named])]);
    const bare = looks.map(({ look }) => look);
    const { doors, complete, at } = await auditReader.doors(audit.body, bare);
    const { id, name } = agent;
    return { address, agent: { id, name, auditAt: at, complete }, candidates, doors };
  },
});
