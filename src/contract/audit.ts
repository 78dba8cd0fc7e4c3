import { z } from 'zod';
import type { AuditReport } from '../model/audit.ts';
import { FLAW_IDS } from '../model/firewall-flaw.ts';
import { PORT_STATES } from '../model/port.ts';
import { PHANTOM_KINDS } from '../model/scan.ts';
import { SEVERITIES } from '../model/verdict.ts';
import { service, verdict } from './scan.ts';

const count = () => z.int().nonnegative();
const transportField = z.enum(['tcp', 'udp']).describe('Transport the port belongs to.');
const portField = z.int().min(0).max(65_535).describe('Port number.');
const family = z.union([z.literal(4), z.literal(6)]);
const fate = z
  .enum(['accept', 'drop', 'reject', 'unknown'])
  .describe(
    'What becomes of a new connection; unknown: a rule not understood or not read decides.',
  );

const ruleReference = z
  .object({
    handle: z.string().exactOptional().describe('nftables handle, rule id or rule name.'),
    line: z.int().positive().exactOptional().describe('Line in the text it was read from.'),
    text: z.string().describe('The rule as its own tool writes it.'),
  })
  .describe('A rule, so that it can be found again.');

const decision = z
  .object({
    layer: z.string().describe('Kind of the firewall.'),
    origin: z.string().describe('Command or file it was read from.'),
    table: z.string().describe('Table.'),
    chain: z.string().describe('Chain.'),
    rule: ruleReference.exactOptional(),
    fate,
  })
  .describe('How one layer decided; without a rule its default did.');

const reachPart = z
  .object({
    fate,
    from: z.array(z.string()).describe('CIDR blocks of sources.'),
    devices: z
      .array(z.string())
      .exactOptional()
      .describe('Devices it must arrive on; absent: any but the loopback.'),
    conditions: z.array(z.string()).describe('What else must hold, a phrase each.'),
    decisions: z.array(decision).describe('One for each layer that had a say, in their order.'),
    translated: z.string().exactOptional().describe('Where a translated connection goes.'),
  })
  .describe('Sources that share one fate.');

export const reachability = z
  .object({
    family: family.describe('IP version.'),
    transport: transportField,
    port: portField,
    reach: z
      .enum(['anyone', 'networks', 'devices', 'nobody', 'unknown'])
      .describe('Who gets through, in a word; the loopback is not counted.'),
    parts: z.array(reachPart).describe('Disjoint; together all sources.'),
  })
  .describe('Who can open a new connection over one IP version.');

const container = z
  .object({
    runtime: z.enum(['docker', 'podman', 'other']).describe('Container runtime.'),
    name: z.string().describe('Name, or the first 12 digits of the id.'),
    image: z.string().exactOptional().describe('Image it was started from.'),
  })
  .describe('A container.');

export const publication = z
  .object({
    transport: transportField,
    bind: z.string().describe('Address of the host it is published at.'),
    port: portField,
    container,
    containerPort: portField,
    containerAddress: z.string().exactOptional().describe('Address of the container.'),
  })
  .describe('A port of the host that a container runtime hands on.');

export const auditedListener = z
  .object({
    transport: transportField,
    bind: z.string().describe('Address the socket is bound to.'),
    families: z.array(family).describe('IP versions it answers for.'),
    scope: z.enum(['loopback', 'one', 'all']).describe('Addresses it can be reached at.'),
    device: z.string().exactOptional().describe('Device the socket is tied to.'),
    port: portField,
    namespace: z.string().describe('Network namespace; `host` is that of the host.'),
    program: z.string().exactOptional().describe('Name of the program.'),
    command: z.string().exactOptional().describe('Command line, secrets masked.'),
    executable: z.string().exactOptional().describe('Path of the executable.'),
    user: z.string().exactOptional().describe('Account it runs as.'),
    unit: z.string().exactOptional().describe('systemd unit or service.'),
    package: z
      .object({
        manager: z.enum(['dpkg', 'rpm', 'apk']).describe('Package manager.'),
        name: z.string().describe('Package.'),
        version: z.string().describe('Version of the package.'),
      })
      .exactOptional()
      .describe('Package that owns the executable.'),
    container: container.exactOptional(),
    processes: count().exactOptional().describe('Processes that hold the socket.'),
    unseen: z.array(z.string()).describe('What could not be seen, a sentence each.'),
    reachability: z.array(reachability).describe('One for each of its families.'),
    usage: z
      .object({
        connections: count().describe('Connections at this moment.'),
        peers: count().describe('Distinct addresses at the other end.'),
        loopbackOnly: z
          .union([z.boolean(), z.literal('unseen')])
          .describe('All of them are this host itself; unseen: there are none to judge by.'),
        sample: z.array(z.string()).describe('Some of the addresses.'),
        unseen: z.array(z.string()).describe('What could not be seen, a sentence each.'),
      })
      .exactOptional()
      .describe('Who uses it now; absent: could not be seen.'),
    verdict,
  })
  .describe('A socket that accepts connections or datagrams.');

export const outsideLook = z
  .object({
    address: z.string().describe('Address of the host that was looked at.'),
    state: z.enum(PORT_STATES).describe('What the probe established.'),
    phantom: z.enum(PHANTOM_KINDS).exactOptional().describe('No service is behind it.'),
    service: service.exactOptional(),
    vantage: z.string().describe('Host name of the machine that looked.'),
    itself: z
      .literal(true)
      .exactOptional()
      .describe('This host looked at itself, over its loopback: no firewall before it was asked.'),
  })
  .describe('How a port looked from outside.');

const door = z
  .object({
    transport: transportField,
    port: portField,
    listeners: z.array(z.string()).describe('Keys of the listeners on it.'),
    publications: z.array(publication).describe('What container runtimes hand on from it.'),
    reachability: z.array(reachability).describe('One for each IP version of the host.'),
    blockedBy: z.array(z.string()).describe('Layers that each, alone, let nobody in.'),
    outside: z.array(outsideLook).exactOptional().describe('Absent: nobody looked at it.'),
    verdict,
  })
  .describe('One port: outside, inside and firewall together.');

const layer = z
  .object({
    kind: z.string().describe('Kind of the firewall.'),
    origin: z.string().describe('Command or file it was read from.'),
    role: z
      .enum(['live', 'saved', 'central'])
      .describe('In force here, stored, or before this host.'),
    rules: count().describe('Rules in it.'),
    opaqueRules: count().describe('Rules of which a part was not understood.'),
    off: z.literal(true).exactOptional().describe('Switched off: its rules do nothing.'),
    unread: z.array(z.string()).describe('What could not be read, a sentence each.'),
  })
  .describe('One firewall layer.');

const flaw = z
  .object({
    id: z.enum(FLAW_IDS).describe('What is wrong (docs/rules.md).'),
    severity: z.enum(SEVERITIES).describe('How much it matters.'),
    layer: z.string().describe('Kind of the firewall; empty when there is none.'),
    origin: z.string().describe('Command or file it was read from.'),
    rule: ruleReference.exactOptional(),
    why: z.string().describe('Reason, one sentence.'),
    todo: z.string().describe('What to do, one sentence.'),
    evidence: z.array(z.string()).describe('Facts it rests on, a phrase each.'),
  })
  .describe('Something wrong with a firewall.');

/** One audit, `postern audit --json`. Within version 1 fields are added, never renamed or removed. */
export const auditReport = z
  .object({
    schema: z.literal('postern.audit/1').describe('Name and version of this format.'),
    audit: z
      .object({
        id: z.uuid().describe('Identity of this audit.'),
        tool: z.string().describe('Program and version that wrote this.'),
        at: z.iso.datetime({ precision: null }).describe('When it was made, ISO 8601 UTC.'),
        host: z.string().describe('Host name.'),
        system: z.string().describe('Operating system: linux, darwin, windows, other.'),
        addresses: z.array(z.string()).describe("The host's addresses but those of the loopback."),
        complete: z.boolean().describe('Whether everything could be seen.'),
        everyListener: z
          .literal(true)
          .exactOptional()
          .describe("Every listener of the host's own network namespace is listed."),
        problems: z
          .array(
            z.object({
              code: z.string().describe('Code of docs/errors.md.'),
              message: z.string().describe('What happened, with the value received.'),
            }),
          )
          .describe('What went wrong without stopping the audit.'),
        unseen: z.array(z.string()).describe('What could not be seen, a sentence each.'),
      })
      .describe('The audit itself.'),
    layers: z.array(layer).describe('Firewall layers.'),
    listeners: z.array(auditedListener).describe('Every socket that accepts traffic.'),
    doors: z.array(door).describe('Every port with a listener, or that a rule lets through.'),
    flaws: z.array(flaw).describe('What is wrong with the firewall, worst first.'),
  })
  .describe('Audit of one host by Postern.') satisfies z.ZodType<AuditReport>;
