import { z } from 'zod';
import { bytesOf } from '../bytes.ts';
import { defineDatagram } from '../datagram.ts';
import { clip } from '../dialogue.ts';
import { fieldOf, readHttpResponse } from '../http-message.ts';
import { present } from '../present.ts';
import { namedProduct, type ProductMark } from '../products.ts';

const details = z.object({
  server: z.string().optional().describe('SERVER field: system, UPnP version and product'),
  location: z.string().optional().describe('Where the description of the device is'),
  usn: z.string().optional().describe('Unique service name'),
  target: z.string().optional().describe('ST field of the first answer'),
});

/** UPnP Device Architecture 1.1 §1.3.2: a search for everything, sent to one device. */
const SEARCH = [
  'M-SEARCH * HTTP/1.1',
  'HOST: 239.255.255.250:1900',
  'MAN: "ssdp:discover"',
  'MX: 1',
  'ST: ssdp:all',
  '\r\n',
].join('\r\n');

const PRODUCTS: readonly ProductMark[] = [
  {
    pattern: /MiniDLNA\/(\d[\w.]{0,20})/,
    product: 'MiniDLNA',
    cpe: ['readymedia_project', 'readymedia'],
  },
  {
    pattern: /MiniUPnPd\/(\d[\w.]{0,20})/i,
    product: 'MiniUPnPd',
    cpe: ['miniupnp_project', 'miniupnpd'],
  },
  {
    pattern: /Portable SDK for UPnP devices\/(\d[\w.]{0,20})/,
    product: 'libupnp',
    cpe: ['libupnp_project', 'libupnp'],
  },
  { pattern: /Platinum\/(\d[\w.]{0,20})/, product: 'Platinum UPnP' },
  { pattern: /GUPnP\/(\d[\w.]{0,20})/, product: 'GUPnP' },
  { pattern: /Microsoft-Windows\/(\d[\w.]{0,20})/, product: 'Windows SSDP discovery' },
];

/** SSDP, the discovery of UPnP devices. */
export const ssdp = defineDatagram({
  name: 'ssdp',
  title: 'SSDP (UPnP discovery)',
  ports: [1900],
  questions: [{ name: 'ssdp', payload: () => bytesOf(SEARCH) }],
  details,
  read(payload) {
    const response = readHttpResponse(payload);
    const usn = response === null ? undefined : fieldOf(response, 'usn');
    const target = response === null ? undefined : fieldOf(response, 'st');
    if (response === null || (usn === undefined && target === undefined)) return null;
    const server = fieldOf(response, 'server');
    const location = fieldOf(response, 'location');
    const found = present({ server, location, usn, target });
    const texts = Object.entries(found).map(([field, text]) => [field, clip(text)]);
    return { ...namedProduct(server ?? '', PRODUCTS), details: Object.fromEntries(texts) };
  },
});
