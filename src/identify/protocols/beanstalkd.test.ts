import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { beanstalkd, readBeanstalkStats } from './beanstalkd.ts';

const seeds = readFixtures('beanstalkd').flatMap(repliesOf);

itIdentifiesItsFixtures(beanstalkd);

itNeverThrows('readBeanstalkStats', readBeanstalkStats, seeds);
