import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { argoCd } from './argo-cd.ts';

describe('argo-cd', () => {
  itIdentifiesItsFixtures(argoCd);
});
