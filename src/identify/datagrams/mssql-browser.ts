import { z } from 'zod';
import { ByteReader, latin1Text } from '../bytes.ts';
import { cpe23 } from '../cpe.ts';
import { defineDatagram } from '../datagram.ts';
import { clip } from '../dialogue.ts';
import { present } from '../present.ts';

const details = z.object({
  instances: z
    .array(
      z.object({
        server: z.string().optional().describe('Name of the machine'),
        name: z.string().optional().describe('Name of the instance'),
        version: z.string().optional().describe('Its version, often only the first of its line'),
        tcp: z.number().optional().describe('Its TCP port'),
        pipe: z.string().optional().describe('Its named pipe'),
        clustered: z.boolean().optional(),
      }),
    )
    .describe('Instances of the server'),
});
type Instance = z.infer<typeof details>['instances'][number];

/** CLNT_UCAST_EX and SVR_RESP (MC-SQLR §2.2). */
const ALL_INSTANCES = 0x03;
const RESPONSE = 0x05;
const MAX_INSTANCES = 32;

function instanceOf(text: string): Instance {
  const words = text.split(';').slice(0, 64);
  const fields = new Map<string, string>();
  for (let at = 0; at + 1 < words.length; at += 2) {
    fields.set((words[at] ?? '').toLowerCase(), clip(words[at + 1] ?? ''));
  }
  const port = fields.get('tcp');
  const clustered = fields.get('isclustered');
  return present({
    server: fields.get('servername'),
    name: fields.get('instancename'),
    version: fields.get('version'),
    tcp: port !== undefined && /^\d{1,5}$/.test(port) ? Number(port) : undefined,
    pipe: fields.get('np'),
    clustered: clustered === undefined ? undefined : clustered === 'Yes',
  });
}

/** SQL Server Browser: asks for the instances. */
export const mssqlBrowser = defineDatagram({
  name: 'mssql-browser',
  title: 'SQL Server Browser',
  ports: [1434],
  questions: [{ name: 'mssql-browser', payload: () => Uint8Array.of(ALL_INSTANCES) }],
  details,
  read(payload) {
    const reader = new ByteReader(payload);
    if (reader.u8() !== RESPONSE || reader.u16(true) === undefined) return null;
    const text = latin1Text(payload.subarray(3));
    if (!text.startsWith('ServerName;')) return null;
    const instances = text
      .split(';;', MAX_INSTANCES)
      .filter((part) => part !== '')
      .map(instanceOf);
    const version = instances[0]?.version;
    return {
      product: 'Microsoft SQL Server',
      ...(version === undefined ? {} : { version }),
      cpe: cpe23('microsoft', 'sql_server', version),
      details: { instances },
    };
  },
});
