import { z } from 'zod';
import { ASKED_ANYWHERE, DATAGRAM_PROTOCOLS } from '../../dist/identify/datagrams.js';
import { byFrequency } from '../../dist/identify/order.js';
import { PROTOCOLS } from '../../dist/identify/registry.js';
import { GENERATED, table } from './markdown.js';

/** Type of a field in a word or two. */
function typeOf(schema) {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((word) => JSON.stringify(word)).join(', ');
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' or ');
  if (schema.type === 'array') return `list of ${typeOf(schema.items ?? {})}`;
  return schema.type ?? 'any';
}

/** Fields with the path to them: `hostKey.sha256`, `listeners[].port`. */
function fields(schema, prefix = '') {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = prefix + name;
    const row = [`\`${path}\``, typeOf(field), required.has(name) ? 'always' : 'when known'];
    const nested = field.type === 'array' ? [field.items, `${path}[].`] : [field, `${path}.`];
    return [[...row, field.description ?? ''], ...fields(nested[0] ?? {}, nested[1])];
  });
}

function portsOf({ ports, tlsPorts = [] }) {
  const inTls = tlsPorts.map((port) => `${port} (TLS)`);
  return [...ports, ...inTls].join(', ') || 'none of its own';
}

const ASKED = new Set(
  [...byFrequency(PROTOCOLS, 'bare'), ...byFrequency(PROTOCOLS, 'tls')].map(({ name }) => name),
);

const overUdp = (protocol) => DATAGRAM_PROTOCOLS.includes(protocol);

/** How a protocol is found on a port that does not suggest it. */
function elsewhere({ name, over, manners }) {
  if (manners === 'listen') return 'by its greeting';
  if (over === 'http') return 'by its HTTP answer';
  return ASKED.has(name) ? 'asked for' : 'if it shows itself';
}

function section(protocol) {
  const { name, details } = protocol;
  const title = overUdp(protocol) ? `${protocol.title} over UDP` : protocol.title;
  const rows = fields(z.toJSONSchema(details, { io: 'output' }));
  const body =
    rows.length === 0
      ? 'No details of its own.'
      : table(['field of `details`', 'type', 'present', 'meaning'], rows);
  return `## ${title}\n\n\`${name}\`\n\n${body}\n`;
}

function datagramRow(protocol) {
  const { name, title } = protocol;
  const asked = ASKED_ANYWHERE.includes(protocol) ? 'asked for' : 'if it shows itself';
  return [`\`${name}\``, title, 'udp', 'udp', portsOf(protocol), asked, 'ask'];
}

export function protocolsPage() {
  const overview = table(
    ['name', 'protocol', 'transport', 'runs over', 'tried first on', 'on other ports', 'manners'],
    PROTOCOLS.map((protocol) => [
      `\`${protocol.name}\``,
      protocol.title,
      protocol.transport,
      protocol.over,
      portsOf(protocol),
      elsewhere(protocol),
      protocol.manners,
    ]).concat(DATAGRAM_PROTOCOLS.map(datagramRow)),
  );
  const head = `# Protocols

${GENERATED}

What Postern recognises on open ports. No protocol logs in, tries a
password or changes anything. The name is the word in \`service.protocol\` and in policies.

Manners: with \`listen\` the server speaks first and nothing is sent before it has; with \`ask\`
Postern sends one harmless request of the protocol. On a port that suggests something else or nothing,
those *asked for* are found too; those found *if it shows itself* only when an answer to another
question looks like them, because fragile devices speak them or they are rarely met there.

${overview}
`;
  return [
    {
      path: 'docs/protocols.md',
      text: [head, ...[...PROTOCOLS, ...DATAGRAM_PROTOCOLS].map(section)].join('\n'),
    },
  ];
}
