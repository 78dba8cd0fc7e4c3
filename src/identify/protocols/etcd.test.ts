import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { etcd } from './etcd.ts';

describe('etcd', () => {
  itIdentifiesItsFixtures(etcd);
});
