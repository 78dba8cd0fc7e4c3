import { describe, expect, it } from 'vitest';
import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { bytesOf } from '../bytes.ts';
import { readSvnGreeting, readSvnItem, readSvnRoot, svn } from './svn.ts';

const seeds = readFixtures('svn').flatMap(repliesOf);

itIdentifiesItsFixtures(svn);

itNeverThrows('readSvnItem', readSvnItem, seeds);
itNeverThrows('readSvnGreeting', readSvnGreeting, seeds);
itNeverThrows('readSvnRoot', readSvnRoot, seeds);

describe('readSvnItem', () => {
  it.each([
    ['( success ( 2 2 ( ) ( a b ) ) ) ', ['success', [2, 2, [], ['a', 'b']]]],
    ['( 3:a b 12 ) ', ['a b', 12]],
    ['( 9:abc ) ', null],
    ['( a ', null],
    ['220 hello', null],
    ['('.repeat(5000), null],
  ])('%j', (text, item) => {
    expect(readSvnItem(bytesOf(text))).toEqual(item);
  });
});

it('says that CRAM-MD5 alone asks for credentials', () => {
  expect(readSvnRoot(bytesOf('( success ( ( CRAM-MD5 ) 4:here ) ) '))).toEqual({
    authMechanisms: ['CRAM-MD5'],
    authRequired: true,
    realm: 'here',
  });
});

it('keeps the reason of a failure', () => {
  expect(readSvnRoot(bytesOf('( failure ( ( 210005 7:No repo 0: 0 ) ) ) '))).toEqual({
    error: 'No repo',
  });
});
