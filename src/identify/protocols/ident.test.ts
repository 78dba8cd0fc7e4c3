import { expect, it } from 'vitest';
import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { bytesOf } from '../bytes.ts';
import { ident, readIdentAnswer } from './ident.ts';

const seeds = readFixtures('ident').flatMap(repliesOf);

itIdentifiesItsFixtures(ident);

itNeverThrows('readIdentAnswer', readIdentAnswer, seeds);

it.each([
  ['1 , 1 : ERROR : HIDDEN-USER\r\n', 'HIDDEN-USER'],
  ['1, 1 : USERID : UNIX : ann\r\n', 'USERID'],
  ['2, 1 : ERROR : NO-USER\r\n', null],
])('%j', (line, answer) => {
  expect(readIdentAnswer(bytesOf(line))).toBe(answer);
});
