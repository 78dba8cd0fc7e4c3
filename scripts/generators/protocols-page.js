import { z } from 'zod';
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

function section(protocol) {
  const { name, title, details } = protocol;
  const rows = fields(z.toJSONSchema(details, { io: 'output' }));
  const body =
    rows.length === 0
      ? 'No details of its own.'
      : table(['field of `details`', 'type', 'present', 'meaning'], rows);
  return `## ${title}\n\n\`${name}\`\n\n${body}\n`;
}

export function protocolsPage() {
  const overview = table(
    ['name', 'protocol', 'transport', 'runs over', 'tried first on', 'manners'],
    PROTOCOLS.map((protocol) => [
      `\`${protocol.name}\``,
      protocol.title,
      protocol.transport,
      protocol.over,
      portsOf(protocol),
      protocol.manners,
    ]),
  );
  const head = `# Protocols

${GENERATED}

What Postern recognises on an open port, whatever the port's number. No protocol logs in, tries a
password or changes anything. The name is the word in \`service.protocol\` and in policies.

Manners: with \`listen\` the server speaks first and nothing is sent before it has; with \`ask\`
Postern sends one harmless request of the protocol.

${overview}
`;
  return [{ path: 'docs/protocols.md', text: [head, ...PROTOCOLS.map(section)].join('\n') }];
}
