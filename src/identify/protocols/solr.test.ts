import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { solr } from './solr.ts';

describe('solr', () => {
  itIdentifiesItsFixtures(solr);
});
