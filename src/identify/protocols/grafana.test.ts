import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { grafana } from './grafana.ts';

describe('grafana', () => {
  itIdentifiesItsFixtures(grafana);
});
