import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { kafka, readApiVersions, readMetadata, readSaslMechanisms } from './kafka.ts';

const seeds = readFixtures('kafka').flatMap(repliesOf);

itIdentifiesItsFixtures(kafka);

itNeverThrows('readApiVersions', readApiVersions, seeds);
itNeverThrows('readMetadata', readMetadata, seeds);
itNeverThrows('readSaslMechanisms', readSaslMechanisms, seeds);
