import { readNetwork } from '../../../model/network.ts';
import { addressRanges, cidrsOf } from '../../cidrs.ts';
import type { Allowance, FileWrite, Intent } from '../../kind.ts';
import { FAMILIES, type Family } from '../../layer.ts';
import { richPortXml } from './rich-text.ts';

/** The zone that every package has, and firewalld's own default. */
const ZONE = 'public';
/** Above this many networks of one family an allowance gets a set: firewalld makes a rule of each. */
const MOST_RULES = 16;
/**
 * A default zone that lets in what the intent allows, and a zone for each device that more is
 * allowed on. A zone of target `default` lets ICMP in and refuses the rest.
 */
export function write(intent: Intent): readonly FileWrite[] {
  const devices = new Set(intent.allow.flatMap(({ device }) => device ?? []));
  const everywhere = intent.allow.filter(({ device }) => device === undefined);
  return [
    { path: '/etc/firewalld/firewalld.conf', text: `DefaultZone=${ZONE}\n` },
    zoneFile(ZONE, [], everywhere, intent),
    ...[...devices].map((device, at) => {
      const here = intent.allow.filter((one) => one.device === undefined || one.device === device);
      return zoneFile(`postern-${at + 1}`, [device], here, intent);
    }),
    ...intent.allow.flatMap((allowance, at) => setFiles(allowance, at)),
  ];
}

function zoneFile(
  name: string,
  devices: readonly string[],
  allowances: readonly Allowance[],
  intent: Intent,
): FileWrite {
  const lines = [
    ...devices.map((device) => `<interface name="${escape(device)}"/>`),
    ...allowances.flatMap((one) => allowanceLines(one, intent.allow.indexOf(one))),
  ];
  const inside = lines.map((line) => `  ${line}\n`).join('');
  const text = `<?xml version="1.0" encoding="utf-8"?>\n<zone>\n  <short>${name}</short>\n${inside}</zone>\n`;
  return { path: `/etc/firewalld/zones/${name}.xml`, text };
}

function allowanceLines(allowance: Allowance, at: number): string[] {
  const { transport, comment } = allowance;
  const port = portText(allowance);
  const note = comment === undefined ? [] : [`<!-- ${commentText(comment)} -->`];
  const rule = { port, protocol: transport, action: 'accept' } as const;
  if (allowance.from === undefined) {
    if (FAMILIES.every((family) => allowance.families.includes(family))) {
      return [...note, `<port port="${port}" protocol="${transport}"/>`];
    }
    return [...note, ...allowance.families.map((family) => richPortXml({ ...rule, family }))];
  }
  const rules = FAMILIES.flatMap((family) => {
    const blocks = blocksOf(allowance, family);
    if (blocks.length > MOST_RULES) {
      return [richPortXml({ ...rule, family, source: { ipset: setName(at, family) } })];
    }
    return blocks.map((address) => richPortXml({ ...rule, family, source: { address } }));
  });
  return [...note, ...rules];
}

function setFiles(allowance: Allowance, at: number): FileWrite[] {
  return FAMILIES.flatMap((family) => {
    const blocks = blocksOf(allowance, family);
    if (blocks.length <= MOST_RULES) return [];
    return [{ path: setPath(setName(at, family)), text: setText(family, blocks) }];
  });
}

/** Where firewalld keeps a set. */
export function setPath(name: string): string {
  return `/etc/firewalld/ipsets/${name}.xml`;
}

/** A set of CIDR blocks that do not overlap (firewalld.ipset(5)). */
export function setText(family: Family, blocks: readonly string[]): string {
  const lines = [
    `<option name="family" value="${family === 4 ? 'inet' : 'inet6'}"/>`,
    `<option name="maxelem" value="${Math.max(65_536, blocks.length)}"/>`,
    ...blocks.map((block) => `<entry>${block}</entry>`),
  ];
  const inside = lines.map((line) => `  ${line}\n`).join('');
  return `<?xml version="1.0" encoding="utf-8"?>\n<ipset type="hash:net">\n${inside}</ipset>\n`;
}

function setName(at: number, family: Family): string {
  return `postern-${at + 1}-v${family}`;
}

function blocksOf({ from = [] }: Allowance, family: Family): readonly string[] {
  const networks = from.flatMap((text) => readNetwork(text) ?? []);
  return cidrsOf(family, addressRanges(networks.filter((one) => one.family === family)));
}

function portText({ ports: [first, last] }: Allowance): string {
  return first === last ? String(first) : `${first}-${last}`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

/** XML has no two hyphens within a comment. */
function commentText(text: string): string {
  return escape(text.replaceAll(/[\s-]+/g, ' ').trim());
}
