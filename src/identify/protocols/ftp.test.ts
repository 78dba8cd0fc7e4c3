import { describe, expect, it } from 'vitest';
import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { memoryTalk } from '../../../test/helpers/memory-talk.ts';
import { bytesOf } from '../bytes.ts';
import { ftp, readFeatures } from './ftp.ts';

const seeds = readFixtures('ftp').flatMap(repliesOf);

itIdentifiesItsFixtures(ftp);

itNeverThrows('readFeatures', readFeatures, seeds);

// Greetings as each product's documentation and default configuration give them.
describe('products by greeting', () => {
  it.each([
    ['220 ProFTPD Server (Debian) [::ffff:127.0.0.1]', 'ProFTPD', undefined],
    ['220 ProFTPD 1.3.8 Server (home) [192.0.2.1]', 'ProFTPD', '1.3.8'],
    [
      '220-FileZilla Server 1.7.3\r\n220 Please visit https://filezilla-project.org/',
      'FileZilla Server',
      '1.7.3',
    ],
    ['220 Microsoft FTP Service', 'Microsoft IIS FTP', undefined],
    ['220 example.org FTP server (Version wu-2.6.2(1) Mon Jan 1 2001) ready.', 'WU-FTPD', '2.6.2'],
    ['220 pyftpdlib 1.5.7 ready.', 'pyftpdlib', '1.5.7'],
  ])('%s', async (greeting, product, version) => {
    const identity = await ftp.identify(memoryTalk([bytesOf(`${greeting}\r\n`)]));
    expect(identity?.product).toBe(product);
    expect(identity?.version).toBe(version);
  });
});

it('knows a nameless server by its answers', async () => {
  const replies = ['220 Welcome\r\n', '530 Log in first\r\n', '530 Log in first\r\n', '534 No\r\n'];
  const identity = await ftp.identify(memoryTalk(replies.map(bytesOf)));
  expect(identity?.details).toEqual({
    greeting: 'Welcome',
    code: 220,
    startTls: false,
    clearTextLogin: true,
  });
});
