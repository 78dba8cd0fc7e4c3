import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { ollama } from './ollama.ts';

describe('ollama', () => {
  itIdentifiesItsFixtures(ollama);
});
