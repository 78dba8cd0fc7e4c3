import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { rtsp } from './rtsp.ts';

describe('rtsp', () => {
  itIdentifiesItsFixtures(rtsp);
});
