import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

const DISCOVERY = 'http://schemas.xmlsoap.org/ws/2005/04/discovery';
const PROBE = `<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"
 xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="${DISCOVERY}"
 xmlns:p="http://schemas.xmlsoap.org/ws/2006/02/devprof"><s:Header>
<a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To><a:Action>${DISCOVERY}/Probe</a:Action>
<a:MessageID>urn:uuid:00000000-0000-4000-8000-000000000000</a:MessageID></s:Header>
<s:Body><d:Probe><d:Types>p:Device</d:Types></d:Probe></s:Body></s:Envelope>`;

export const wsdd2 = defineServer({
  name: 'wsdd2',
  needs: { linux: true, root: true, commands: ['wsdd2'], packages: ['wsdd2'] },
  product: 'wsdd2',
  version: () => packageVersion('wsdd2'),
  doors: {
    udp: {
      protocol: 'wsd',
      transport: 'udp',
      fixed: 3702,
      reveals: 'protocol',
      hello: { send: PROBE, expect: (answer) => answer.includes('ProbeMatches') },
    },
  },
  start: async () => ({
    command: 'wsdd2',
    args: ['-4', '-w', '-u', '-N', 'LAB', '-G', 'LABGROUP'],
  }),
});
