import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { PROTOCOLS } from './registry.ts';

/** The protocols the first issue asks for. */
const OWED =
  'http https http2 tls ssh ftp telnet smtp pop3 imap dns mysql mariadb postgresql mssql oracle-tns mongodb redis memcached elasticsearch couchdb cassandra rdp vnc smb ldap kerberos mqtt amqp nats kafka rsync git svn rtsp sip socks5 docker kubernetes etcd'.split(
    ' ',
  );

function names(folder: string, ending: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(ending) && !file.endsWith(`.test${ending}`))
    .map((file) => file.slice(0, -ending.length))
    .sort();
}

describe('the registry of protocols', () => {
  const registered = PROTOCOLS.map(({ name }) => name);

  it('is the folder, in its order', () => {
    expect(registered).toEqual(names('src/identify/protocols', '.ts'));
  });

  it('has a fixture and a test for each', () => {
    expect(names('test/fixtures/protocols', '.json')).toEqual(registered);
    const tests = readdirSync('src/identify/protocols').filter((file) => file.endsWith('.test.ts'));
    expect(tests.map((file) => file.slice(0, -'.test.ts'.length)).sort()).toEqual(registered);
  });

  it('stands in docs/protocols.md', () => {
    const page = readFileSync('docs/protocols.md', 'utf8');
    for (const name of registered) expect(page).toContain(`\n| \`${name}\` |`);
  });

  it('has what was promised', () => {
    expect(registered).toEqual(expect.arrayContaining(OWED));
    expect(OWED).toHaveLength(40);
  });

  it.each(PROTOCOLS.map((protocol) => [protocol.name, protocol] as const))(
    '%s can be recognised when it speaks first, and describes its details',
    (_, protocol) => {
      if (protocol.manners === 'listen') expect(protocol.recognises).toBeTypeOf('function');
      const { properties = {} } = z.toJSONSchema(protocol.details, { io: 'output' });
      for (const [field, schema] of Object.entries(properties)) {
        expect(schema, `${field} of ${protocol.name}`).toMatchObject({
          description: expect.stringMatching(/\w/),
        });
      }
    },
  );
});
