import { expect, it } from 'vitest';
import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { bytesOf } from '../bytes.ts';
import { irc, readIrcMessage } from './irc.ts';

const seeds = readFixtures('irc').flatMap(repliesOf);

itIdentifiesItsFixtures(irc);

itNeverThrows('readIrcMessage', readIrcMessage, seeds);

it.each([
  [
    ':a.b NOTICE * :*** hello there\r\n',
    { prefix: 'a.b', command: 'NOTICE', params: ['*', '*** hello there'] },
  ],
  ['PING :x\r\n', { command: 'PING', params: ['x'] }],
  [
    ':s 451 * :Register first\r\n',
    { prefix: 's', command: '451', params: ['*', 'Register first'] },
  ],
  ['220 mail\r\n', { command: '220', params: ['mail'] }],
  ['hello\r\n', null],
])('%j', (line, message) => {
  expect(readIrcMessage(bytesOf(line))).toEqual(message);
});
