import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { sip } from './sip.ts';

describe('sip', () => {
  itIdentifiesItsFixtures(sip);
});
