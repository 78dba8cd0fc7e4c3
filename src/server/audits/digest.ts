import { constants, gunzipSync, gzipSync } from 'node:zlib';
import { auditReport } from '../../contract/audit.ts';
import { findingOfDoor, joinDoors } from '../../judge/joined.ts';
import type { AuditReport, JoinedDoor, SeenOutside } from '../../model/audit.ts';
import { type AuditDigest, type AuditSight, doorKey } from '../../model/audit-digest.ts';
import { messageOf, problem } from '../../model/errors.ts';

/** An audit as text. One of 500 listeners behind 5,000 rules has three megabytes. */
const MAX_TEXT = 64 << 20;

/** Reads an audit that somebody sent: JSON, gzipped or not. Throws AGENT_AUDIT, whatever it is given. */
export function readAudit(body: Uint8Array): AuditReport {
  const text = textOf(body);
  const parsed = auditReport.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path.join('.') ?? '';
  throw problem('AGENT_AUDIT', { problem: `${path}: ${issue?.message ?? 'it does not fit'}` });
}

/** An audit that the store holds. */
export function unpackAudit(body: Uint8Array): AuditReport {
  return JSON.parse(textOf(body)) as AuditReport;
}

function textOf(body: Uint8Array): string {
  if (body[0] !== 0x1f || body[1] !== 0x8b) return Buffer.from(body).toString();
  try {
    // stops where it grows too large: a bomb of a megabyte would be a gigabyte
    return gunzipSync(body, { maxOutputLength: MAX_TEXT }).toString();
  } catch (error) {
    throw problem('AGENT_AUDIT', { problem: `not gzip of up to ${MAX_TEXT} bytes` }, error);
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw problem('AGENT_AUDIT', { problem: `no JSON: ${messageOf(error).slice(0, 80)}` });
  }
}

/** What the store takes of an audit, joined with what was seen of the host from outside. */
export function digestOf(report: AuditReport, looks: readonly SeenOutside[]): AuditDigest {
  const { audit, listeners, doors: all, flaws } = report;
  const doors = joinDoors(report, looks);
  const names = [audit.host];
  return {
    ...{ id: audit.id, host: audit.host, system: audit.system, tool: audit.tool },
    ...{ addresses: audit.addresses, complete: audit.complete },
    counts: { listeners: listeners.length, doors: all.length, flaws: flaws.length },
    body: gzipSync(JSON.stringify(report), { level: constants.Z_BEST_SPEED }),
    findings: doors.flatMap((door) => {
      const finding = findingOfDoor(door, { address: '', names });
      return finding === null ? [] : [{ ...finding, view: door.view }];
    }),
    sight: sightOf(report, doors),
  };
}

function sightOf({ audit, layers, flaws }: AuditReport, doors: readonly JoinedDoor[]): AuditSight {
  const live = layers.filter(({ role }) => role !== 'saved');
  return {
    whole:
      audit.everyListener === true &&
      live.length > 0 &&
      live.every(({ unread }) => unread.length === 0),
    manyUnused: flaws.some(({ id }) => id === 'firewall.no-listener'),
    doors: new Map(
      doors.map((door) => [
        doorKey(door.transport, door.port),
        { settled: isSettled(door), why: door.verdict.why },
      ]),
    ),
  };
}

/** Whether everything was seen that another verdict could come of. */
function isSettled({ reachability, listeners }: JoinedDoor): boolean {
  return (
    reachability.every(({ reach }) => reach !== 'unknown') &&
    listeners.every(({ program, unseen }) => program !== undefined || unseen.length === 0)
  );
}
