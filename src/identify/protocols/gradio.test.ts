import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { gradio } from './gradio.ts';

describe('gradio', () => {
  itIdentifiesItsFixtures(gradio);
});
