import type { AuditReport, JoinedDoor, SeenOutside } from '../../model/audit.ts';
import type { AuditDigest } from '../../model/audit-digest.ts';
import type { ErrorCode } from '../../model/errors.ts';

/** What is asked of the thread that reads audits; `id` joins answer and question. */
export type Question =
  | { readonly type: 'read'; readonly id: number; readonly body: Uint8Array }
  | { readonly type: 'digest'; readonly id: number; readonly looks: readonly SeenOutside[] }
  | { readonly type: 'forget'; readonly id: number }
  | { readonly type: 'unpack'; readonly id: number; readonly body: Uint8Array }
  | {
      readonly type: 'doors';
      readonly id: number;
      readonly body: Uint8Array;
      readonly looks: readonly SeenOutside[];
    };

export interface HostDoors {
  /** When the audit was made, ISO 8601. */
  readonly at: string;
  readonly host: string;
  readonly complete: boolean;
  readonly doors: readonly JoinedDoor[];
}

export type Answer =
  | { readonly type: 'read'; readonly id: number; readonly addresses: readonly string[] }
  | { readonly type: 'digest'; readonly id: number; readonly digest: AuditDigest }
  | { readonly type: 'forgotten'; readonly id: number }
  | { readonly type: 'unpacked'; readonly id: number; readonly report: AuditReport }
  | ({ readonly type: 'doors'; readonly id: number } & HostDoors)
  | {
      readonly type: 'failed';
      readonly id: number;
      readonly code: ErrorCode | null;
      readonly message: string;
    };
