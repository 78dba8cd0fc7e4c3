import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { modelServer } from './model-server.ts';

describe('model-server', () => {
  itIdentifiesItsFixtures(modelServer);
});
