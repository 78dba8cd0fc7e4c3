import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { readZmtpGreeting, readZmtpSignature, zeromq } from './zeromq.ts';

const seeds = readFixtures('zeromq').flatMap(repliesOf);

itIdentifiesItsFixtures(zeromq);

itNeverThrows('readZmtpSignature', readZmtpSignature, seeds);
itNeverThrows('readZmtpGreeting', readZmtpGreeting, seeds);
