import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { readXmppStream, xmpp } from './xmpp.ts';

const seeds = readFixtures('xmpp').flatMap(repliesOf);

itIdentifiesItsFixtures(xmpp);

itNeverThrows('readXmppStream', readXmppStream, seeds);
