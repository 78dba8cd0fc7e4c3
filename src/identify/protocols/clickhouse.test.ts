import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { clickhouse } from './clickhouse.ts';

describe('clickhouse', () => {
  itIdentifiesItsFixtures(clickhouse);
});
