import { describe, expect, it } from 'vitest';
import { readConfig } from './files.ts';

const DROP = 'rule priority="-7" port port="22" protocol="tcp" drop';
const ACCEPT = 'rule priority="-7" family="ipv4" source address="10.0.0.0/8" accept';

/** In the form of `firewall-cmd --list-all-zones`, firewalld 1.3. */
function listing(...rules: readonly string[]) {
  const lines = rules.map((rule) => `\t${rule}\n`).join('');
  const text = `public (default, active)\n  target: default\n  rich rules: \n${lines}\n`;
  return { origin: 'firewall-cmd --list-all-zones', text };
}

function file(...rules: readonly string[]) {
  const origin = '/etc/firewalld/zones/public.xml';
  return { origin, text: `<zone>${rules.join('')}</zone>` };
}

const DROP_XML = '<rule priority="-7"><port port="22" protocol="tcp"/><drop/></rule>';
const ACCEPT_XML =
  '<rule family="ipv4" priority="-7"><source address="10.0.0.0/8"/><accept/></rule>';

function publicZone(...sources: Parameters<typeof readConfig>[0]) {
  const zone = readConfig(sources).zones.get('public');
  return { rich: zone?.rich.map(({ text }) => text), unknown: zone?.unknown };
}

describe('the order of rich rules', () => {
  it('is that of the file, in whatever order they are listed', () => {
    for (const listed of [listing(DROP, ACCEPT), listing(ACCEPT, DROP)]) {
      expect(publicZone(file(DROP_XML, ACCEPT_XML), listed).rich).toEqual([DROP, ACCEPT]);
      const other = publicZone(file(ACCEPT_XML, DROP_XML), listed);
      expect(other).toEqual({ rich: [ACCEPT, DROP], unknown: [] });
    }
  });

  it('is not known of what only the running firewalld has', () => {
    const unknown = ['the order of the rich rules of priority -7'];
    expect(publicZone(file(DROP_XML), listing(ACCEPT, DROP)).unknown).toEqual(unknown);
    expect(publicZone(listing(ACCEPT, DROP)).unknown).toEqual(unknown);
  });

  it('does not matter where all let in, where nothing has a priority, or where priorities differ', () => {
    const plain = [DROP, ACCEPT].map((text) => text.replace(' priority="-7"', ''));
    expect(publicZone(listing(...plain)).unknown).toEqual([]);
    expect(publicZone(listing(ACCEPT, ACCEPT.replace('10.', '11.'))).unknown).toEqual([]);
    expect(publicZone(listing(ACCEPT, DROP.replace('-7', '-6'))).unknown).toEqual([]);
  });
});
