import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { proxmox } from './proxmox.ts';

describe('proxmox', () => {
  itIdentifiesItsFixtures(proxmox);
});
