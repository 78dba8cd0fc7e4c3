import type { HostRecord, ScanReport, SharedEdge } from '../model/scan.ts';
import { hostLabel } from './service.ts';
import { clip, grouped, visible } from './text.ts';

/** Hosts named in one sentence. */
const NAMED = 12;
const PROVIDER = 60;

/** What an edge is called beside its host: `Cloudflare’s shared edge`. */
export function edgeLabel({ provider, basis }: SharedEdge): string {
  const whose = `${visible(clip(provider, PROVIDER))}’s`;
  return basis === 'list' ? `${whose} shared edge` : `answers like ${whose} edge`;
}

function meaning(edge: SharedEdge, hosts: readonly HostRecord[]): string {
  const whose = hosts.length === 1 ? 'its' : 'their';
  if (edge.basis === 'list') {
    return `${hosts.length === 1 ? 'is' : 'are'} ${edgeLabel(edge)}: which ports are open there is not up to your firewall.`;
  }
  const verb = hosts.length === 1 ? edgeLabel(edge) : edgeLabel(edge).replace('answers', 'answer');
  return `${verb}, but ${whose} address is in no list of it: judged as any other host.`;
}

function placesOf(hosts: readonly HostRecord[]): string {
  const named = hosts.slice(0, NAMED).map(hostLabel);
  const more = hosts.length - named.length;
  return named.join(', ') + (more > 0 ? ` and ${grouped(more)} more` : '');
}

/** Which hosts are shared edges: a sentence for each edge and what it is told by. */
export function edgeNotes({ hosts }: ScanReport): string[] {
  const groups = new Map<string, { edge: SharedEdge; hosts: HostRecord[] }>();
  for (const host of hosts) {
    if (host.edge === undefined) continue;
    const key = `${host.edge.basis} ${host.edge.provider}`;
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { edge: host.edge, hosts: [host] });
    else known.hosts.push(host);
  }
  return [...groups.values()].map((group) => {
    return `${placesOf(group.hosts)} ${meaning(group.edge, group.hosts)}`;
  });
}
