import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { couchdb } from './couchdb.ts';

describe('couchdb', () => {
  itIdentifiesItsFixtures(couchdb);
});
