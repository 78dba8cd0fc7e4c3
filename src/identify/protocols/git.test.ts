import { describe, expect, it } from 'vitest';
import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { memoryTalk } from '../../../test/helpers/memory-talk.ts';
import { bytesOf } from '../bytes.ts';
import { git, readGitError } from './git.ts';

const seeds = readFixtures('git').flatMap(repliesOf);

itIdentifiesItsFixtures(git);

itNeverThrows('readGitError', readGitError, seeds);

describe('readGitError', () => {
  it.each([
    ['000dERR nope\n', 'nope'],
    ['000dERR nop', null],
    ['0000', null],
    ['0009hello', null],
  ])('%j', (line, error) => {
    expect(readGitError(bytesOf(line))).toBe(error);
  });
});

it('asks for a repository that does not exist', async () => {
  const talk = memoryTalk([bytesOf('000dERR nope\n')]);
  await git.identify(talk);
  expect(Buffer.concat(talk.sent).toString()).toBe(
    '003egit-upload-pack /postern-looks-for-nothing\0host=127.0.0.1\0',
  );
});
