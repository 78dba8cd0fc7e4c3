import { applicationOfProtocol, capitalised } from '../applications.ts';
import { WEB_APPLICATIONS, type WebApplication } from '../data/web-applications.ts';
import { fitsGlob } from '../glob.ts';
import type { Decision, VerdictRule } from '../rule.ts';
import { isWeb, type Subject } from '../subject.ts';

function productsOf({ product, facts }: Subject): ReadonlySet<string> {
  const names = facts.items('software').map((entry) => entry.text('product'));
  return new Set([product, ...names].flatMap((name) => name?.toLowerCase() ?? []));
}

function applicationOf(subject: Subject): WebApplication | undefined {
  const title = subject.facts.text('title')?.trim() ?? '';
  const products = productsOf(subject);
  const own = applicationOfProtocol(subject.protocol);
  if (own !== undefined || !isWeb(subject)) return own;
  return WEB_APPLICATIONS.find(
    ({ titles, products: named = [] }) =>
      titles.some((pattern) => fitsGlob(pattern, title)) ||
      named.some((name) => products.has(name.toLowerCase())),
  );
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
