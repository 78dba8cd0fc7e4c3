import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { webmin } from './webmin.ts';

describe('webmin', () => {
  itIdentifiesItsFixtures(webmin);
});
