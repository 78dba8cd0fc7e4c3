import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { arangodb } from './arangodb.ts';

describe('arangodb', () => {
  itIdentifiesItsFixtures(arangodb);
});
