import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { comfyui } from './comfyui.ts';

describe('comfyui', () => {
  itIdentifiesItsFixtures(comfyui);
});
