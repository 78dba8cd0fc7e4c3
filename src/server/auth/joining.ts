import { LOCAL, type Store } from '../../store/open.ts';
import { note } from '../../store/queries/audit-log.ts';
import {
  addMember,
  claimUser,
  invitationsFor,
  organizationsOf,
  removeExpired,
  removeInvitation,
} from '../../store/queries/people.ts';
import { oneAtATime } from '../../store/queries/quotas.ts';

/** Id of the company's provider: its callback is /api/auth/callback/company. */
export const PROVIDER = 'company';

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
    account: {
      create: {
        // before it: the session that follows stays
        before: async ({ userId, providerId }: { userId: string; providerId: string }) => {
          if (providerId === PROVIDER) await claim(store, userId, now());
        },
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

/** The provider says whose address it is: nobody else's password opens the account from then on. */
async function claim(store: Store, user: string, at: number): Promise<void> {
  await store.write(async (tx) => {
    if (!(await claimUser(tx, user))) return;
    const [first] = await organizationsOf(tx, user);
    const deed = { action: 'password.remove', subject: user, detail: { by: 'oidc' } };
    await note(tx, first?.id ?? LOCAL, { ...deed, at, actor: `user:${user}`, source: null });
  });
}

async function joinAll(store: Store, { id, email }: NewPerson, at: number): Promise<void> {
  await store.write(async (tx) => {
    for (const invitation of await invitationsFor(tx, email.toLowerCase(), at)) {
      const { organization, role } = invitation;
      await oneAtATime(tx, organization);
      if (!(await removeInvitation(tx, organization, invitation.id))) continue;
      await addMember(tx, organization, id, { role, at });
      await note(tx, organization, {
        ...{ at, actor: `user:${id}`, action: 'invitation.accept', subject: invitation.id },
        ...{ detail: { role, by: 'oidc' }, source: null },
      });
    }
  });
}
