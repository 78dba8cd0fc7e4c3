import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { influxdb } from './influxdb.ts';

describe('influxdb', () => {
  itIdentifiesItsFixtures(influxdb);
});
