import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { flink } from './flink.ts';

describe('flink', () => {
  itIdentifiesItsFixtures(flink);
});
