import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { rabbitmqManagement } from './rabbitmq-management.ts';

describe('rabbitmq-management', () => {
  itIdentifiesItsFixtures(rabbitmqManagement);
});
