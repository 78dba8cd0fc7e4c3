import { KNOWN_PORTS, PORT_GROUPS } from '../../dist/model/known-ports.js';
import { GENERATED, table } from './markdown.js';

const TITLES = {
  'remote-access': 'Remote access',
  'file-sharing': 'File sharing',
  dns: 'DNS',
  vpn: 'VPN',
  ai: 'AI servers',
};

function titleOf(group) {
  return TITLES[group] ?? group[0].toUpperCase() + group.slice(1);
}

function verdictOf({ level, severity }) {
  return level === 'expected' ? 'expected' : `${level}, ${severity}`;
}

function section(group) {
  const entries = KNOWN_PORTS.filter((entry) => entry.group === group);
  const rows = [...entries]
    .sort((a, b) => a.port - b.port || a.transport.localeCompare(b.transport))
    .map((entry) => [
      `${entry.port}/${entry.transport}`,
      `\`${entry.name}\``,
      entry.title,
      `${entry.uses} ${entry.risk}`,
      verdictOf(entry),
    ]);
  const columns = ['port', 'name', 'title', 'what uses it, and what a stranger gets', 'by number'];
  return `## ${titleOf(group)}\n\n${table(columns, rows)}\n`;
}

export function portsPage() {
  const count = (transport) => KNOWN_PORTS.filter((entry) => entry.transport === transport).length;
  const head = `# Ports

${GENERATED}

The ports that applications of today use: ${count('tcp')} TCP ports, which Postern scans when you name
none, and ${count('udp')} UDP ports, which it scans when you name them (\`U:161\`). \`--top N\` takes the N
TCP ports met most often. The name is the word
for \`-p\` and for policies. \`postern ports QUERY\` prints the same on the command line.

The last column is the verdict by the number alone. It counts only where the service was not
identified; otherwise [what answers decides](rules.md), whatever its number.

Groups: ${PORT_GROUPS.map((group) => `[${titleOf(group)}](#${titleOf(group).toLowerCase().replaceAll(' ', '-')})`).join(', ')}.
`;
  return [{ path: 'docs/ports.md', text: [head, ...PORT_GROUPS.map(section)].join('\n') }];
}
