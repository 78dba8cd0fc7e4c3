import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { homeAssistant } from './home-assistant.ts';

describe('home-assistant', () => {
  itIdentifiesItsFixtures(homeAssistant);
});
