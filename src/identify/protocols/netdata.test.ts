import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { netdata } from './netdata.ts';

describe('netdata', () => {
  itIdentifiesItsFixtures(netdata);
});
