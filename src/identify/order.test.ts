import { describe, expect, it } from 'vitest';
import { byFrequency, recognisedIn, suggestedBy } from './order.ts';
import { PROTOCOLS } from './registry.ts';

const names = (protocols: readonly { readonly name: string }[]): string[] =>
  protocols.map(({ name }) => name);

describe('the order of questions', () => {
  it('begins with the most common, per layer', () => {
    expect(names(byFrequency(PROTOCOLS, 'bare')).slice(0, 2)).toEqual(['http', 'dns']);
    expect(names(byFrequency(PROTOCOLS, 'tls')).slice(0, 2)).toEqual(['https', 'dns']);
  });

  it('asks fragile devices nothing on ports that are not theirs', () => {
    const asked = names(byFrequency(PROTOCOLS, 'bare'));
    for (const fragile of ['modbus', 's7', 'ethernet-ip', 'iec104', 'iscsi', 'bgp']) {
      expect(names(PROTOCOLS)).toContain(fragile);
      expect(asked).not.toContain(fragile);
    }
  });

  it('stays within the connections one port may be given', () => {
    expect(byFrequency(PROTOCOLS, 'bare').length).toBeLessThan(35);
  });

  it('begins with what the port suggests in its layer', () => {
    expect(names(suggestedBy(PROTOCOLS, 6379, 'bare'))).toEqual(['redis']);
    expect(names(suggestedBy(PROTOCOLS, 993, 'tls'))).toEqual(['imap']);
    expect(names(suggestedBy(PROTOCOLS, 443, 'tls'))).toContain('https');
  });

  it('recognises greetings and answers to the wrong question', () => {
    const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');
    expect(names(recognisedIn(PROTOCOLS, bytes('SSH-2.0-x\r\n'), 'bare'))).toEqual(['ssh']);
    expect(names(recognisedIn(PROTOCOLS, bytes('RFB 003.008\n'), 'bare'))).toEqual(['vnc']);
    expect(recognisedIn(PROTOCOLS, new Uint8Array(0), 'bare')).toEqual([]);
  });
});
