import { randomUUID } from 'node:crypto';
import type { JobRow } from '../../src/store/service-schema.ts';

/** A scan job of nothing; what the test is about is given. */
export function jobRow(about: Partial<JobRow> = {}): JobRow {
  return {
    ...{ tenant: 'local', id: randomUUID(), kind: 'scan', spec: '{}', schedule: null },
    ...{ status: 'queued', priority: 0, created_at: 0, created_by: 'user:ada', due_at: 0 },
    ...{ started_at: null, ended_at: null, worker: null, lease_until: null, attempts: 0 },
    ...{ progress: null, problem: null, cancel: 0 },
    ...about,
  };
}
