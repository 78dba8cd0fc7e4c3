import { ERRORS } from '../../dist/model/errors.js';
import { GENERATED } from './markdown.js';

const EFFECTS = {
  usage: 'Nothing is scanned; exit code 2.',
  partial: 'The rest of the work goes on; exit code 3.',
};

function section([code, { message, todo, effect }]) {
  const shown = message.replaceAll(/\{(\w+)\}/g, '‹$1›');
  return `## ${code}\n\n> ${shown.replaceAll('<', '&lt;')}\n\n${todo}\n\n${EFFECTS[effect]}\n`;
}

export function errorsPage() {
  const head = `# Errors

${GENERATED}

Every failure that Postern expects has a code that never changes its meaning. It stands in
\`scan.problems[].code\` of the JSON report and in front of the message on standard error. Words
between ‹ and › are replaced by the value received.
`;
  const entries = Object.entries(ERRORS).sort(([a], [b]) => (a < b ? -1 : 1));
  return [{ path: 'docs/errors.md', text: [head, ...entries.map(section)].join('\n') }];
}
