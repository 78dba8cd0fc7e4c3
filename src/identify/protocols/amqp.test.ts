import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { amqp, amqpFrame, readConnectionStart, readProtocolHeader } from './amqp.ts';

const seeds = readFixtures('amqp').flatMap(repliesOf);

itIdentifiesItsFixtures(amqp);

itNeverThrows('readConnectionStart', readConnectionStart, seeds);
itNeverThrows('readProtocolHeader', readProtocolHeader, seeds);
itNeverThrows('amqpFrame', amqpFrame, seeds);
