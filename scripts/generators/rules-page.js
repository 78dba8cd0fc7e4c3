import { FLAWS } from '../../dist/model/flaws.js';
import { RULES } from '../../dist/model/rules.js';
import { GENERATED, table } from './markdown.js';

/** The one rule that no policy changes. */
const FIXED = 'port.not-open';

function change(id) {
  if (id === FIXED) return '';
  return `\n**In a policy**, another severity, or \`off\`:\n\n\`\`\`yaml\nversion: 1\nseverities:\n  ${id}: low\n\`\`\`\n`;
}

function section([id, { title, severity, sees, matters, todo }]) {
  return `## ${id}

**${title}.** Severity: ${severity}.

**What it sees:** ${sees}

**Why it matters:** ${matters}

**What to do:** ${todo}
${change(id)}`;
}

export function rulesPage() {
  const entries = Object.entries(RULES);
  const flaws = Object.entries(FLAWS);
  const overview = table(
    ['rule', 'title', 'severity'],
    [...entries, ...flaws].map(([id, { title, severity }]) => [
      `[\`${id}\`](#${id.replaceAll('.', '')})`,
      title,
      severity,
    ]),
  );
  const head = `# Rules

${GENERATED}

Every verdict and every finding names the rule that it comes from. A policy can change a rule's
severity or switch it off by this name ([\`severities\`](policy.md#severities) in
\`postern.yaml\`).

The verdict comes from the first of these that has an answer: the policy; what strangers may do
(\`access.no-authentication\`); consoles behind HTTP; whose address it is, where that is a
[shared edge](edges.md); what answers; the port number, where nothing is known of what answers. The other rules add findings beside it. Those
of the group \`host\` are verdicts of [\`postern audit\`](audit.md), which alone knows who listens; those of
the group \`firewall\`, at the end, are about the firewall itself: what \`audit\` tells below its table and
\`postern firewall lint\` of files. A severity named here holds unless the rule says
otherwise for a case.

${overview}
`;
  return [
    { path: 'docs/rules.md', text: [head, ...[...entries, ...flaws].map(section)].join('\n') },
  ];
}
