import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { qdrant } from './qdrant.ts';

describe('qdrant', () => {
  itIdentifiesItsFixtures(qdrant);
});
