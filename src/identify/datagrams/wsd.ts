import { z } from 'zod';
import { bytesOf, utf8Text } from '../bytes.ts';
import { defineDatagram } from '../datagram.ts';
import { clip, clipList } from '../dialogue.ts';
import { hexText } from '../encode.ts';
import { tokenBytes } from '../token.ts';

const details = z.object({
  types: z.array(z.string()).describe('What it says it is: wsdp:Device, pub:Computer'),
  addresses: z.array(z.string()).describe('Where its metadata is'),
});

const MAX_TEXT = 4096;
const SCHEMA = 'http://schemas.xmlsoap.org/ws/2005/04/discovery';

/** Probe for devices (WS-Discovery 2005 §5), as Windows asks, from one machine to another. */
function question(token: number): Uint8Array {
  const id = hexText(tokenBytes(token, 16)).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  return bytesOf(
    '<?xml version="1.0" encoding="utf-8"?>' +
      '<soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope"' +
      ' xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing"' +
      ` xmlns:wsd="${SCHEMA}"` +
      ' xmlns:wsdp="http://schemas.xmlsoap.org/ws/2006/02/devprof"><soap:Header>' +
      '<wsa:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</wsa:To>' +
      `<wsa:Action>${SCHEMA}/Probe</wsa:Action>` +
      `<wsa:MessageID>urn:uuid:${id}</wsa:MessageID></soap:Header>` +
      '<soap:Body><wsd:Probe><wsd:Types>wsdp:Device</wsd:Types></wsd:Probe></soap:Body>' +
      '</soap:Envelope>',
  );
}

/** Words of the first element of that name, whatever its prefix. */
function wordsIn(text: string, element: string): string[] {
  const match = new RegExp(`<(?:\\w{1,16}:)?${element}(?: [^>]{0,256})?>([^<]{0,1024})<`).exec(
    text,
  );
  const words = (match?.[1] ?? '').split(/\s+/).filter((word) => word !== '');
  return clipList(words.map(clip));
}

/** Web Services Discovery: printers, cameras and Windows machines. */
export const wsd = defineDatagram({
  name: 'wsd',
  title: 'Web Services Discovery',
  ports: [3702],
  questions: [{ name: 'wsd', payload: question }],
  details,
  read(payload) {
    const text = utf8Text(payload.subarray(0, MAX_TEXT));
    if (!text.includes('ProbeMatches') || !text.includes(SCHEMA)) return null;
    return { details: { types: wordsIn(text, 'Types'), addresses: wordsIn(text, 'XAddrs') } };
  },
});
