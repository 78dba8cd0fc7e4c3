import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { airflow } from './airflow.ts';

describe('airflow', () => {
  itIdentifiesItsFixtures(airflow);
});
