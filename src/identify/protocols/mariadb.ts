import { cpe23 } from '../cpe.ts';
import {
  converse,
  mysqlGreetingDetails,
  readMysqlGreeting,
  saysMariadb,
  splitVersion,
} from '../mysql-greeting.ts';
import { defineProtocol } from '../plugin.ts';
import { present } from '../present.ts';

/** `MariaDB-0+deb12u1` names the product again; only what follows says who packaged it. */
function distributionOf(rest: string | undefined): string | undefined {
  return rest?.replace(/^MariaDB-?/i, '') || undefined;
}

/** Listens; see `converse` for the one thing that is sent. */
export const mariadb = defineProtocol({
  name: 'mariadb',
  title: 'MariaDB',
  transport: 'tcp',
  over: 'tcp',
  ports: [3306, 3307],
  manners: 'listen',
  details: mysqlGreetingDetails,

  recognises(bytes) {
    const greeting = readMysqlGreeting(bytes);
    return greeting !== null && saysMariadb(greeting);
  },

  async identify(talk) {
    const found = await converse(talk);
    if (!found || !saysMariadb(found.greeting)) return null;
    const { greeting, layer } = found;
    const { version, rest } = splitVersion(greeting.serverVersion ?? '');
    return present({
      product: 'MariaDB',
      version,
      cpe: cpe23('mariadb', 'mariadb', version),
      details: present({ ...greeting, distribution: distributionOf(rest) }),
      startTls: layer ?? undefined,
    });
  },
});
