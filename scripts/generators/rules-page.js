import { RULES } from '../../dist/model/rules.js';
import { GENERATED, table } from './markdown.js';

function section([id, { title, severity, sees, matters, todo }]) {
  return `## ${id}\n\n**${title}.** Severity: ${severity}.\n\n${sees}\n\n${matters}\n\n**What to do:** ${todo}\n`;
}

export function rulesPage() {
  const entries = Object.entries(RULES);
  const overview = table(
    ['rule', 'title', 'severity'],
    entries.map(([id, { title, severity }]) => [
      `[\`${id}\`](#${id.replaceAll('.', '')})`,
      title,
      severity,
    ]),
  );
  const head = `# Rules

${GENERATED}

Every verdict and every finding names the rule that it comes from. A policy can change a rule's
severity or switch it off by this name (\`severities\` in \`postern.yaml\`).

${overview}
`;
  return [{ path: 'docs/rules.md', text: [head, ...entries.map(section)].join('\n') }];
}
