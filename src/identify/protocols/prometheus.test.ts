import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { prometheus } from './prometheus.ts';

describe('prometheus', () => {
  itIdentifiesItsFixtures(prometheus);
});
