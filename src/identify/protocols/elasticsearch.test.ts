import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { elasticsearch } from './elasticsearch.ts';

describe('elasticsearch', () => {
  itIdentifiesItsFixtures(elasticsearch);
});
