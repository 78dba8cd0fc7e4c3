import type { FindingRule } from '../rule.ts';
import { isWeb } from '../subject.ts';

export const directoryListing: FindingRule = {
  ids: ['http.directory-listing'],
  check(subject) {
    if (!isWeb(subject) || subject.facts.flag('directoryListing') !== true) return [];
    return [
      {
        rule: 'http.directory-listing',
        why: 'The start page is a list of files, so strangers find what was not meant for them by looking.',
        todo: 'Switch the listing off (nginx: autoindex off; Apache: Options -Indexes).',
        evidence: [`details.title: ${subject.facts.text('title') ?? 'a list of files'}`],
      },
    ];
  },
};
