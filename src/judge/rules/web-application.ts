import { type GlobTest, readGlob } from '../../model/glob.ts';
import { applicationOfProtocol, capitalised } from '../applications.ts';
import { WEB_APPLICATIONS, type WebApplication } from '../data/web-applications.ts';
import type { Decision, VerdictRule } from '../rule.ts';
import { isWeb, type Subject } from '../subject.ts';

function productsOf({ product, facts }: Subject): readonly string[] {
  const names = facts.items('software').map((entry) => entry.text('product'));
  return [product, ...names].flatMap((name) => name?.toLowerCase() ?? []);
}

const BY_TITLE: readonly (readonly [fits: GlobTest, application: WebApplication])[] =
  WEB_APPLICATIONS.flatMap((application) =>
    application.titles.map((title) => [readGlob(title), application] as const),
  );

const BY_PRODUCT: ReadonlyMap<string, WebApplication> = new Map(
  WEB_APPLICATIONS.flatMap((application) =>
    (application.products ?? []).map((product) => [product.toLowerCase(), application] as const),
  ),
);

function byTitle(title: string): WebApplication | undefined {
  return BY_TITLE.find(([fits]) => fits(title))?.[1];
}

function applicationOf(subject: Subject): WebApplication | undefined {
  const own = applicationOfProtocol(subject.protocol);
  if (own !== undefined || !isWeb(subject)) return own;
  const named = productsOf(subject).flatMap((product) => BY_PRODUCT.get(product) ?? []);
  return byTitle(subject.facts.text('title')?.trim().toLowerCase() ?? '') ?? named[0];
}

/** A console behind HTTP, told by the title of its page or the product in its header. */
export const webApplication: VerdictRule = {
  ids: ['exposed.admin-application'],
  decide(subject): Decision | null {
    const found = applicationOf(subject);
    if (found === undefined) return null;
    const title = subject.facts.text('title');
    return {
      rule: 'exposed.admin-application',
      level: found.level,
      severity: found.severity,
      why: `${capitalised(found)} answers: who gets in ${found.power}.`,
      todo: `Put ${found.name} behind a VPN or an address list, and keep it updated.`,
      evidence: [title === undefined ? `application: ${found.name}` : `details.title: ${title}`],
    };
  },
};
