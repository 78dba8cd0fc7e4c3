import { describe, expect, it } from 'vitest';
import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
  strangersBut,
} from '../../../test/helpers/fixture.ts';
import { memoryTalk } from '../../../test/helpers/memory-talk.ts';
import { bytesOf } from '../bytes.ts';
import { readSshIdentification, ssh } from './ssh.ts';

const seeds = readFixtures('ssh').flatMap(repliesOf);

itIdentifiesItsFixtures(ssh, strangersBut('SSH-'));

itNeverThrows('readSshIdentification', readSshIdentification, seeds);

describe('products by identification string', () => {
  it.each([
    [
      'SSH-2.0-OpenSSH_8.9p1 Ubuntu-3ubuntu0.10',
      'OpenSSH',
      '8.9p1',
      'cpe:2.3:a:openbsd:openssh:8.9:p1:*:*:*:*:*:*',
    ],
    [
      'SSH-2.0-OpenSSH_for_Windows_9.5',
      'OpenSSH for Windows',
      '9.5',
      'cpe:2.3:a:openbsd:openssh:9.5:*:*:*:*:*:*:*',
    ],
    [
      'SSH-2.0-dropbear_2022.83',
      'Dropbear',
      '2022.83',
      'cpe:2.3:a:dropbear_ssh_project:dropbear_ssh:2022.83:*:*:*:*:*:*:*',
    ],
    ['SSH-2.0-libssh_0.9.6', 'libssh', '0.9.6', 'cpe:2.3:a:libssh:libssh:0.9.6:*:*:*:*:*:*:*'],
    [
      'SSH-2.0-ROSSSH',
      'MikroTik RouterOS SSH',
      undefined,
      'cpe:2.3:a:mikrotik:routeros:*:*:*:*:*:*:*:*',
    ],
    ['SSH-1.99-Cisco-1.25', 'Cisco SSH', '1.25', undefined],
    ['SSH-2.0-Go', 'Go x/crypto/ssh', undefined, 'cpe:2.3:a:golang:crypto:*:*:*:*:*:*:*:*'],
    [
      'SSH-2.0-9.27 FlowSsh: Bitvise SSH Server (WinSSHD) 9.27',
      'Bitvise SSH Server',
      '9.27',
      'cpe:2.3:a:bitvise:winsshd:9.27:*:*:*:*:*:*:*',
    ],
    [
      'SSH-2.0-APACHE-SSHD-2.9.2',
      'Apache MINA SSHD',
      '2.9.2',
      'cpe:2.3:a:apache:sshd:2.9.2:*:*:*:*:*:*:*',
    ],
  ])('%s', async (line, product, version, cpe) => {
    const identity = await ssh.identify(memoryTalk([bytesOf(`${line}\r\n`)]));
    expect(identity).toMatchObject({ product, ...(version && { version }), ...(cpe && { cpe }) });
    expect(identity?.version).toBe(version);
  });
});

it('reads lines before the identification string (RFC 4253 §4.2)', () => {
  expect(readSshIdentification(bytesOf('Go away\r\nSSH-2.0-x y z\r\n'))).toEqual({
    sshVersion: '2.0',
    software: 'x',
    comment: 'y z',
    preamble: ['Go away'],
  });
});

it('says 1.5 and exchanges no keys where only SSH 1 is spoken', async () => {
  const talk = memoryTalk([bytesOf('SSH-1.5-OpenSSH_3.4p1\n')]);
  expect(await ssh.identify(talk)).toEqual({
    product: 'OpenSSH',
    version: '3.4p1',
    cpe: 'cpe:2.3:a:openbsd:openssh:3.4:p1:*:*:*:*:*:*',
    details: { sshVersion: '1.5', software: 'OpenSSH_3.4p1' },
  });
  expect(talk.sent).toEqual([]);
});
