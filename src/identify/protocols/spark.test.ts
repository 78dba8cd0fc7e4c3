import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { spark } from './spark.ts';

describe('spark', () => {
  itIdentifiesItsFixtures(spark);
});
