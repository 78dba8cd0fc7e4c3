import { z } from 'zod';
import { PORT_STATES, REASONS } from '../model/port.ts';
import {
  EDGE_BASES,
  PHANTOM_KINDS,
  type ScanLine,
  type ScanReport,
  STANDINGS,
} from '../model/scan.ts';
import { TLS_VERSIONS } from '../model/service.ts';
import { LEVELS, SEVERITIES } from '../model/verdict.ts';
import { lossEstimate } from './loss.ts';

const count = () => z.int().nonnegative();
const time = () => z.iso.datetime({ precision: null });
const addressField = z
  .string()
  .describe('IPv4 or IPv6 address in canonical text (RFC 5952), with its zone for link-local.');
const namesField = z.array(z.string()).describe('Names from the targets that resolve to it.');
const transportField = z.enum(['tcp', 'udp']).describe('Transport the port belongs to.');
const portField = z.int().min(0).max(65_535).describe('Port number.');

const certificate = z
  .object({
    subject: z.string().describe('Distinguished name of the holder.'),
    issuer: z.string().describe('Distinguished name of the issuer.'),
    names: z
      .array(z.string())
      .describe('DNS names and IP addresses of subjectAltName, in the order presented.'),
    notBefore: z.string().describe('Start of validity, ISO 8601 UTC.'),
    notAfter: z.string().describe('End of validity, ISO 8601 UTC.'),
    keyType: z.string().describe('Kind of public key: rsa, ec, ed25519, …'),
    keyBits: z
      .int()
      .nonnegative()
      .exactOptional()
      .describe('Modulus bits for RSA, field bits for EC; absent where the type has one size.'),
    selfSigned: z.boolean().describe('Signed with its own key.'),
    sha256: z.string().describe('SHA-256 of the DER form, lower-case hexadecimal.'),
  })
  .describe('One X.509 certificate as the peer presented it (RFC 5280).');

const tls = z
  .object({
    startTls: z.boolean().describe('TLS was entered by a command of the inner protocol.'),
    version: z.enum(TLS_VERSIONS).describe('Version that our session negotiated.'),
    versions: z
      .array(z.enum(TLS_VERSIONS))
      .exactOptional()
      .describe(
        'Every version the peer accepted when asked for that one alone; absent: not asked.',
      ),
    cipher: z.string().describe('IANA or OpenSSL name of the negotiated cipher suite.'),
    alpn: z.string().exactOptional().describe('ALPN protocol the peer chose (RFC 7301).'),
    chain: z
      .array(certificate)
      .describe('Certificates presented, leaf first; empty when there were none.'),
    nameMatches: z
      .boolean()
      .exactOptional()
      .describe('Whether the leaf covers the name we asked for; absent: no name was known.'),
    clientCertificateRequested: z
      .boolean()
      .exactOptional()
      .describe('The peer asked for a client certificate.'),
  })
  .describe('What the TLS layer of the port showed.');

export const service = z
  .object({
    protocol: z
      .string()
      .describe(
        'Protocol that answered (docs/protocols.md), or `unknown` when bytes were not recognised.',
      ),
    product: z.string().exactOptional().describe('Product as the service names itself.'),
    version: z.string().exactOptional().describe('Version of the product.'),
    cpe: z.string().exactOptional().describe('CPE 2.3 formatted string (NISTIR 7695).'),
    tls: tls.exactOptional(),
    details: z
      .record(z.string(), z.unknown())
      .exactOptional()
      .describe("The protocol's own fields; docs/protocols.md lists them."),
    raw: z
      .object({
        base64: z
          .string()
          .regex(/^[A-Za-z0-9+/]*={0,2}$/)
          .describe('At most 4,096 bytes, base64 (RFC 4648).'),
        text: z.string().describe('The same bytes for people: printable ASCII, the rest escaped.'),
      })
      .exactOptional()
      .describe('The first bytes the peer sent.'),
  })
  .describe('What answers on the port.');

export const verdict = z
  .object({
    level: z
      .enum(LEVELS)
      .describe(
        'expected: meant for everybody; restrict: needed, not by everybody; close: no reason to be reachable; unknown: not recognised.',
      ),
    severity: z.enum(SEVERITIES).describe('How much it matters.'),
    rule: z.string().describe('Id of the rule that decided (docs/rules.md).'),
    why: z.string().describe('Reason, one sentence.'),
    todo: z.string().describe('What to do, one sentence; empty when there is nothing to do.'),
  })
  .describe('Should this port be open?');

export const phantomGroup = z
  .object({
    kind: z.enum(PHANTOM_KINDS).describe('How they give themselves away (docs/phantoms.md).'),
    confidence: z
      .number()
      .min(0)
      .max(1)
      .describe('How much the evidence leaves no other reading, 0 to 1; a judgement.'),
    evidence: z.array(z.string()).describe('Facts it rests on, a sentence each.'),
    transport: transportField,
    ports: z.string().describe('Port ranges: 1-21,23-65535.'),
    count: count().describe('How many ports these are.'),
    verdict,
  })
  .describe('Open ports of one host that look alike and have no service behind them.');

const amplification = z
  .object({
    sent: count().describe('UDP payload bytes of the question.'),
    received: count().describe('UDP payload bytes of the answer.'),
    factor: z.number().nonnegative().describe('Answer over question.'),
  })
  .describe('A UDP answer much larger than its question.');

const port = z
  .object({
    address: addressField,
    names: namesField,
    transport: transportField,
    port: portField,
    state: z
      .enum(PORT_STATES)
      .describe(
        'open: it answered; closed: it refused; filtered: silence; open|filtered: silence over UDP; unreachable: an ICMP error; local-error: our side failed, nothing was learned.',
      ),
    reason: z.enum(REASONS).describe('The event that the state rests on.'),
    rttMs: z
      .number()
      .exactOptional()
      .describe('Round trip of the answer in milliseconds; absent when nothing came back.'),
    service: service.exactOptional(),
    standing: z
      .enum(STANDINGS)
      .exactOptional()
      .describe(
        'Of open ports. verified: a service spoke; unverified: nothing can be said for sure. Phantoms stand in phantoms of their host.',
      ),
    doubts: z
      .array(z.string())
      .exactOptional()
      .describe('What speaks against a service here without proving it, a sentence each.'),
    amplification: amplification.exactOptional(),
    asked: z
      .literal(false)
      .exactOptional()
      .describe('Present where nobody asked what answers, so that no service says nothing.'),
    verdict: verdict.exactOptional(),
  })
  .describe('One port.');

const counts = z
  .object({
    open: count().describe('Ports that completed a handshake, phantoms too.'),
    verified: count().describe(
      'Open ports whose service sent at least one byte and is no phantom.',
    ),
    phantom: count()
      .exactOptional()
      .describe('Open ports with nothing behind them; absent: nobody looked for phantoms.'),
    closed: count().describe('Ports that refused.'),
    filtered: count().describe('Ports that stayed silent.'),
    openFiltered: count()
      .exactOptional()
      .describe('UDP ports that stayed silent, open or not; absent: no UDP port was asked.'),
    unreachable: count().describe('Ports answered by an ICMP error.'),
    localError: count().describe('Ports our own side failed to ask: nothing is known of them.'),
  })
  .describe('Ports per state, listed or not.');

export const sharedEdge = z
  .object({
    provider: z.string().describe('Who runs the edge.'),
    basis: z
      .enum(EDGE_BASES)
      .describe(
        'list: the address is in the ranges the provider publishes; answers: only what its services send looks so.',
      ),
    evidence: z.array(z.string()).describe('Facts it rests on, a sentence each.'),
  })
  .describe("An edge that many customers share: its ports are not the customer's firewall.");

const host = z
  .object({
    address: addressField,
    names: namesField,
    edge: sharedEdge.exactOptional(),
    counts,
    shuns: z
      .object({ evidence: z.array(z.string()).describe('Facts it rests on.') })
      .exactOptional()
      .describe('The host stopped answering us during the scan: what came after says little.'),
    phantoms: z
      .array(phantomGroup)
      .exactOptional()
      .describe('Open ports with nothing behind them, in groups that look alike.'),
    ports: z
      .array(port)
      .describe(
        'Ports in the states asked for (by default open, without phantoms), by transport then number.',
      ),
  })
  .describe('One address.');

const finding = z
  .object({
    address: addressField,
    names: namesField,
    transport: transportField,
    port: portField,
    rule: z.string().describe('Id of the rule (docs/rules.md).'),
    severity: z.enum(SEVERITIES).describe('How much it matters.'),
    why: z.string().describe('Reason, one sentence.'),
    todo: z.string().describe('What to do, one sentence.'),
    evidence: z.array(z.string()).describe('Facts the rule rests on, as `field: value`.'),
  })
  .describe('A port that deserves a word; a port can have several.');

export const scope = z
  .object({
    targets: z.array(z.string()).describe('Targets as given, files and standard input expanded.'),
    exclude: z.array(z.string()).describe('Exclusions as given; they always win over targets.'),
    ports: z
      .object({
        tcp: z.string().describe('TCP ports: 22,80,8000-8100; empty when not scanned.'),
        udp: z.string().describe('UDP ports; empty when not scanned.'),
      })
      .describe('Ports that were asked.'),
    transports: z.array(z.enum(['tcp', 'udp'])).describe('Transports that were scanned.'),
    engine: z.string().describe('Engine that probed; two joined by + for TCP and UDP.'),
    shard: z
      .string()
      .exactOptional()
      .describe('2/3 when this is one part of a scan that was split; absent: all of it.'),
    vantage: z
      .object({
        kind: z
          .enum(['host', 'loopback'])
          .describe("loopback: only this machine's own loopback addresses were looked at."),
        name: z.string().describe('Host name of the machine that scanned.'),
      })
      .describe('Where the look came from.'),
  })
  .describe('What was looked at; "not seen" means nothing outside it.');

const stats = z
  .object({
    hosts: count().describe('Addresses whose every port has an outcome.'),
    probes: count().describe('Probes sent, retries included.'),
    answered: count().describe('Ports that answered in any way.'),
    retries: count().describe('Probes sent again.'),
    achievedRate: z.number().nonnegative().describe('Probes per second over the probing time.'),
    slowdowns: count().describe('Times it slowed down for want of descriptors or source ports.'),
    loss: lossEstimate
      .exactOptional()
      .describe('Open ports missed because packets got lost; absent: not measured.'),
  })
  .describe('How the scan went.');

const scan = z
  .object({
    id: z.uuid().describe('Identity of this scan.'),
    tool: z.string().describe('Program and version that wrote this.'),
    startedAt: time().describe('Start, ISO 8601 UTC.'),
    endedAt: time().describe('End, ISO 8601 UTC.'),
    complete: z.boolean().describe('False when interrupted: hosts not listed were not looked at.'),
    scope,
    stats,
    problems: z
      .array(
        z.object({
          code: z.string().describe('Code of docs/errors.md.'),
          message: z.string().describe('What happened, with the value received.'),
        }),
      )
      .describe('What went wrong without stopping the scan.'),
  })
  .describe('The scan itself.');

const schemaField = z.literal('postern.scan/1').describe('Name and version of this format.');

/** One scan, `--format json`. Within version 1 fields are added, never renamed or removed. */
export const scanReport = z
  .object({
    schema: schemaField,
    scan,
    hosts: z.array(host).describe('Hosts, in the order they were finished.'),
    findings: z.array(finding).describe('Findings, worst first.'),
  })
  .describe('Report of one Postern scan.');

/**
 * One line of `--format jsonl`. Port lines of a host stand before its `host` line, `finding` lines
 * follow all hosts, and the `scan` line is the last: a file without it is not whole.
 */
export const scanLine = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('port'), ...port.shape }).describe('One port.'),
    z
      .object({ type: z.literal('host'), ...host.omit({ ports: true }).shape })
      .describe('One address, after its ports.'),
    z.object({ type: z.literal('finding'), ...finding.shape }).describe('One finding.'),
    z
      .object({ type: z.literal('scan'), schema: schemaField, ...scan.shape })
      .describe('The scan itself: the last line.'),
  ])
  .describe('One line of a Postern scan in JSON Lines.');

/** Published JSON Schemas by file name of `schemas/`. */
export const SCAN_SCHEMAS = {
  'postern.scan-1': scanReport satisfies z.ZodType<ScanReport>,
  'postern.scan-line-1': scanLine satisfies z.ZodType<ScanLine>,
} as const;
