import type { AuditedListener, AuditReport, Door } from '../../src/model/audit.ts';
import { listenerKey } from '../../src/model/listener.ts';
import type { Reachability } from '../../src/model/reachability.ts';
import type { Verdict } from '../../src/model/verdict.ts';
import { HOSTILE } from './sample-report.ts';

const FINE: Verdict = {
  ...{ level: 'expected', severity: 'info', rule: 'service.web', todo: '' },
  why: 'Web servers are meant to be reached by everybody.',
};
const WIDE: Verdict = {
  ...{ level: 'close', severity: 'high', rule: 'exposed.database' },
  why: 'Reachable from anyone (let in by nftables by "tcp dport 5432 accept"). A database has no business with strangers.',
  todo: 'Close the port to everybody but the application servers.',
};

function reaching(port: number, family: 4 | 6, reach: Reachability['reach']): Reachability {
  const fate = reach === 'anyone' ? 'accept' : 'drop';
  const from = [family === 4 ? '0.0.0.0/0' : '::/0'];
  return {
    family,
    transport: 'tcp',
    port,
    reach,
    parts: [{ fate, from, conditions: [], decisions: [] }],
  };
}

function listening(more: Partial<AuditedListener>): AuditedListener {
  return {
    ...{ transport: 'tcp', bind: '::', families: [4, 6], scope: 'all', port: 5432 },
    ...{ namespace: 'host', unseen: [], reachability: [], verdict: FINE, ...more },
  };
}

const postgres = listening({
  ...{ program: 'postgres', user: 'postgres', unit: 'postgresql@15-main.service', verdict: WIDE },
  package: { manager: 'dpkg', name: 'postgresql-15', version: '15.8-0+deb12u1' },
});
const nginx = listening({ port: 80, bind: '0.0.0.0', families: [4], program: 'nginx' });
const hidden = listening({ port: 9000, program: HOSTILE, namespace: 'container app' });

function door(listener: AuditedListener, reachability: readonly Reachability[]): Door {
  const { transport, port, verdict } = listener;
  return {
    ...{ transport, port, listeners: [listenerKey(listener)], publications: [] },
    ...{ reachability, blockedBy: [], verdict },
  };
}

/** An audit with one door of each kind, and a program whose name is hostile. */
export function sampleAudit(): AuditReport {
  return {
    schema: 'postern.audit/1',
    audit: {
      ...{ id: '018f3c5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f', tool: 'postern 0.1.0' },
      ...{ at: '2026-11-25T21:00:00.000Z', host: 'db1', system: 'linux', addresses: ['192.0.2.7'] },
      ...{ complete: false, problems: [], unseen: ['programs of other users: needs root'] },
    },
    layers: [
      {
        ...{ kind: 'nftables', origin: 'nft -j list ruleset', role: 'live', rules: 12 },
        ...{ opaqueRules: 1, unread: [] },
      },
    ],
    listeners: [postgres, nginx, hidden],
    doors: [
      door(nginx, [reaching(80, 4, 'anyone'), reaching(80, 6, 'nobody')]),
      door(postgres, [reaching(5432, 4, 'anyone'), reaching(5432, 6, 'anyone')]),
    ],
    flaws: [
      {
        ...{ id: 'firewall.shadowed-rule', severity: 'low', layer: 'nftables', origin: 'nft' },
        why: 'This rule never receives a packet: an earlier one takes them all.',
        todo: 'Remove it, or move it up.',
        rule: { handle: '12', text: 'tcp dport 22 drop' },
        evidence: [],
      },
    ],
  };
}
