import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { neo4j } from './neo4j.ts';

describe('neo4j', () => {
  itIdentifiesItsFixtures(neo4j);
});
