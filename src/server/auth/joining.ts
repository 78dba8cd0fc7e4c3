import type { Store } from '../../store/open.ts';
import { note } from '../../store/queries/audit-log.ts';
import {
  addMember,
  invitationsFor,
  organizationsOf,
  removeExpired,
  removeInvitation,
} from '../../store/queries/people.ts';

export interface Joining {
  readonly now: () => number;
  /** Whether a company's provider is believed about addresses it has not verified. */
  readonly trustEmail: boolean;
}

interface NewPerson {
  readonly id: string;
  readonly email: string;
  readonly emailVerified: boolean;
}

/**
 * What happens when the library makes a person (only a company's provider leads there) or a session:
 * nobody comes in without an invitation, and a session works in an organisation of its person.
 */
export function joiningHooks(store: Store, { now, trustEmail }: Joining) {
  const isInvited = async (email: string): Promise<boolean> =>
    (await store.read((db) => invitationsFor(db, email, now()))).length > 0;
  return {
    user: {
      create: {
        before: async (user: Omit<NewPerson, 'id'>) => {
          const believed = user.emailVerified || trustEmail;
          return believed && (await isInvited(user.email.toLowerCase())) ? undefined : false;
        },
        after: (user: NewPerson) => joinAll(store, user, now()),
      },
    },
    session: {
      create: {
        before: async (session: { userId: string; organization?: unknown }) => {
          await store.write((tx) => removeExpired(tx, now()));
          const all = await store.read((db) => organizationsOf(db, session.userId));
          const kept = all.find(({ id }) => id === session.organization) ?? all[0];
          return { data: { ...session, organization: kept?.id ?? null } };
        },
      },
    },
  };
}

async function joinAll(store: Store, { id, email }: NewPerson, at: number): Promise<void> {
  await store.write(async (tx) => {
    for (const invitation of await invitationsFor(tx, email.toLowerCase(), at)) {
      const { organization, role } = invitation;
      if (!(await removeInvitation(tx, organization, invitation.id))) continue;
      await addMember(tx, organization, id, { role, at });
      await note(tx, organization, {
        ...{ at, actor: `user:${id}`, action: 'invitation.accept', subject: invitation.id },
        ...{ detail: { role, by: 'oidc' }, source: null },
      });
    }
  });
}
