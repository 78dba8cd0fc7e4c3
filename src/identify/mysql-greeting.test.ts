import { describe, expect, it } from 'vitest';
import { itNeverThrows, readFixtures, repliesOf } from '../../test/helpers/fixture.ts';
import { hexText } from './encode.ts';
import { readMysqlGreeting, splitVersion, sslRequest } from './mysql-greeting.ts';

const seeds = ['mysql', 'mariadb'].flatMap(readFixtures).flatMap(repliesOf);

describe('splitVersion', () => {
  it.each([
    ['5.5.5-10.11.19-MariaDB-0+deb12u1', { version: '10.11.19', rest: 'MariaDB-0+deb12u1' }],
    ['11.4.2-MariaDB', { version: '11.4.2', rest: 'MariaDB' }],
    ['8.0.36', { version: '8.0.36' }],
    ['8.0.35-27', { version: '8.0.35', rest: '27' }],
    ['5.0.51a-24+lenny5', { version: '5.0.51a', rest: '24+lenny5' }],
    ['unknown', {}],
  ])('%s', (text, parts) => expect(splitVersion(text)).toEqual(parts));
});

it('asks for TLS without a user name', () => {
  expect(hexText(sslRequest())).toBe(`20000001018a0800000000012d${'00'.repeat(23)}`);
});

itNeverThrows('readMysqlGreeting', readMysqlGreeting, seeds);
