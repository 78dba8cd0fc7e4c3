import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeNamespace, type Namespace, namespacesMet } from '../lab/namespace.ts';

const BUILT = new URL('../../dist/host/fingerprint.js', import.meta.url).href;

/** Prints which looks said the same as the first, by what had happened before each. */
const LOOKS = `
const { createSocket } = await import('node:dgram');
const { createServer } = await import('node:net');
const { once } = await import('node:events');
const { Fingerprints } = await import('${BUILT}');
const prints = new Fingerprints();
const bound = async (port) => {
  const socket = createSocket('udp4').bind(port);
  await once(socket, 'listening');
  return socket;
};
// addresses of a device that has just come up are added one by one
let first = await prints.read();
for (let tries = 0; tries < 50; tries += 1) {
  const again = await prints.read();
  if (again === first) break;
  first = again;
}
const same = {};
const look = async (name) => { same[name] = (await prints.read()) === first; };
const question = await bound(0);
await look('a question was asked');
question.close();
await look('it was answered');
const lasting = await bound(0);
await look('another client');
await look('it stays');
lasting.close();
await look('it went');
const udp = await bound(53);
await look('a UDP listener');
udp.close();
await look('it ended');
const tcp = createServer().listen(40000);
await once(tcp, 'listening');
await look('a TCP listener');
console.log(JSON.stringify(same));
process.exit();
`;

describe.skipIf(!namespacesMet('nft'))('fingerprints of a host', () => {
  let namespace: Namespace;
  beforeAll(() => {
    namespace = makeNamespace();
  });
  afterAll(() => namespace.close());

  it('tell listeners apart, and are not changed by clients that come and go', () => {
    const said = namespace.exec(process.execPath, '--input-type=module', '-e', LOOKS);
    expect(JSON.parse(said)).toEqual({
      'a question was asked': true,
      'it was answered': true,
      'another client': true,
      'it stays': false,
      'it went': true,
      'a UDP listener': false,
      'it ended': true,
      'a TCP listener': false,
    });
  });
});
