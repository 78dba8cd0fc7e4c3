import { cpe23 } from '../cpe.ts';
import {
  converse,
  type MysqlGreeting,
  mysqlGreetingDetails,
  readMysqlGreeting,
  saysMariadb,
  splitVersion,
} from '../mysql-greeting.ts';
import { defineProtocol } from '../plugin.ts';
import { present } from '../present.ts';

/** Servers that speak the protocol and put their own version behind the one they are compatible with. */
const FLAVOURS = [
  { product: 'TiDB', pattern: /TiDB-v?(\d[\w.]*)/, cpe: ['pingcap', 'tidb'] },
  { product: 'Vitess', pattern: /^Vitess()/, cpe: ['linuxfoundation', 'vitess'] },
  { product: 'OceanBase', pattern: /OceanBase[_ -]?(?:CE)?-?v?(\d[\w.]*)/, cpe: undefined },
  { product: 'StarRocks', pattern: /StarRocks-?v?(\d?[\w.]*)/i, cpe: undefined },
] as const;

function productOf({ serverVersion }: MysqlGreeting): {
  product?: string;
  version?: string;
  cpe?: string;
} {
  if (serverVersion === undefined) return {};
  const { version, rest } = splitVersion(serverVersion);
  for (const { product, pattern, cpe } of FLAVOURS) {
    const match = pattern.exec(rest ?? '');
    if (!match) continue;
    const own = match[1] || undefined;
    return present({ product, version: own, cpe: cpe && cpe23(cpe[0], cpe[1], own) });
  }
  return present({ product: 'MySQL', version, cpe: cpe23('oracle', 'mysql', version) });
}

/** Listens; see `converse` for the one thing that is sent. */
export const mysql = defineProtocol({
  name: 'mysql',
  title: 'MySQL',
  transport: 'tcp',
  over: 'tcp',
  ports: [3306, 3307, 4000, 2881, 9030, 9306],
  manners: 'listen',
  details: mysqlGreetingDetails,

  recognises(bytes) {
    const greeting = readMysqlGreeting(bytes);
    return greeting !== null && !saysMariadb(greeting);
  },

  async identify(talk) {
    const found = await converse(talk);
    if (!found || saysMariadb(found.greeting)) return null;
    const { greeting, layer } = found;
    const { rest } = splitVersion(greeting.serverVersion ?? '');
    return {
      ...productOf(greeting),
      details: present({ ...greeting, distribution: rest }),
      ...(layer && { startTls: layer }),
    };
  },
});
