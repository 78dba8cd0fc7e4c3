import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { weaviate } from './weaviate.ts';

describe('weaviate', () => {
  itIdentifiesItsFixtures(weaviate);
});
