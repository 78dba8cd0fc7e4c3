import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { readZabbix, zabbixAgent } from './zabbix-agent.ts';

const seeds = readFixtures('zabbix-agent').flatMap(repliesOf);

itIdentifiesItsFixtures(zabbixAgent);

itNeverThrows('readZabbix', readZabbix, seeds);
