import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { minio } from './minio.ts';

describe('minio', () => {
  itIdentifiesItsFixtures(minio);
});
