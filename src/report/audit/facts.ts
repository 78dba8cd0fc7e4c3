import { familyOf } from '../../model/address.ts';
import type { AuditedListener, AuditReport, Door, OutsideLook } from '../../model/audit.ts';
import { listenerKey } from '../../model/listener.ts';
import { devicesText, handedOnTo, type Reachability } from '../../model/reachability.ts';

/** A door with its listeners at hand. */
export interface DoorRow {
  readonly door: Door;
  readonly listeners: readonly AuditedListener[];
}

export function doorRows({ doors, listeners }: AuditReport): readonly DoorRow[] {
  const byKey = new Map(listeners.map((listener) => [listenerKey(listener), listener]));
  return doors.map((door) => ({
    door,
    listeners: door.listeners.flatMap((key) => byKey.get(key) ?? []),
  }));
}

/** Listeners in network namespaces other than the host's. */
export function elsewhere({ listeners }: AuditReport): readonly AuditedListener[] {
  return listeners.filter(({ namespace }) => namespace !== 'host');
}

/** Program names, or the containers that a port is handed on to. */
export function programsOf({ door, listeners }: DoorRow): string {
  const names = listeners.map(({ program, container }) => {
    const inside = container === undefined ? '' : ` in ${container.name}`;
    return `${program ?? '?'}${inside}`;
  });
  const handed =
    door.publications.length === 0
      ? handedOnTo(door.reachability).map((place) => `→ ${place}`)
      : door.publications.map(({ container }) => `→ ${container.name}`);
  return [...new Set([...names, ...handed])].join(', ') || 'nobody';
}

export function bindsOf({ door, listeners }: DoorRow): string {
  const binds = listeners.map(({ bind, device, families }) => {
    const both = bind === '::' && families.length === 2 ? '* (both)' : bind;
    return device === undefined ? both : `${both}%${device}`;
  });
  const handed = door.publications.map(({ bind }) => bind);
  return [...new Set([...binds, ...handed])].join(', ') || '-';
}

function reachWord({ reach, parts }: Reachability): string {
  if (reach === 'anyone' || reach === 'nobody') return reach;
  if (reach === 'unknown') return 'not known';
  const sources = parts
    .filter(({ fate }) => fate === 'accept')
    .flatMap(({ from, devices }) =>
      devices === undefined
        ? from
        : [`${from.length > 1 ? 'some ' : ''}on ${devicesText(devices, parts)}`],
    );
  const [first = 'some', ...more] = sources;
  return more.length === 0 ? first : `${first} +${more.length}`;
}

/** Who gets in, in a few words: `anyone`, `10.0.0.0/8`, `nobody, IPv6 anyone`. */
export function reachText({ door, listeners }: DoorRow): string {
  const inside =
    listeners.length > 0 &&
    door.publications.length === 0 &&
    listeners.every(({ scope }) => scope === 'loopback');
  if (inside) return 'this machine';
  const words = door.reachability.map((reachability) => reachWord(reachability));
  const [first = '-', second] = words;
  if (second === undefined || second === first) return first;
  return door.reachability.map(({ family }, at) => `IPv${family} ${words[at]}`).join(', ');
}

function wordsOf(looks: readonly OutsideLook[]): string {
  const words = looks.map(({ state, phantom }) => (phantom === undefined ? state : 'phantom'));
  return [...new Set(words)].join(' and ');
}

/** `open`, or `IPv4 open, IPv6 closed` where the families differ. */
function statesText(looks: readonly OutsideLook[]): string {
  const families = ([4, 6] as const).flatMap((family) => {
    const words = wordsOf(looks.filter(({ address }) => familyOf(address) === family));
    return words === '' ? [] : [`IPv${family} ${words}`];
  });
  const isMixed = new Set(families.map((text) => text.slice('IPv4 '.length))).size > 1;
  return isMixed ? families.join(', ') : wordsOf(looks);
}

/** In a word how it looked from outside; empty where nobody looked. */
export function outsideText({ outside }: Door): string {
  if (outside === undefined || outside.length === 0) return '';
  const [own, others] = [true, undefined].map((wanted) =>
    outside.filter(({ itself }) => itself === wanted),
  );
  const told = [
    ...(own?.length ? [`itself: ${statesText(own)}`] : []),
    ...(others?.length ? [`outside: ${statesText(others)}`] : []),
  ];
  return told.join(', ');
}

/** Unit, package and account, where they are known. */
export function originText({ listeners }: DoorRow): string {
  const parts = listeners.flatMap((listener) => [
    ...(listener.unit === undefined ? [] : [listener.unit]),
    ...(listener.package === undefined
      ? []
      : [`${listener.package.name} ${listener.package.version}`]),
    ...(listener.user === undefined ? [] : [`user ${listener.user}`]),
  ]);
  return [...new Set(parts)].join(' · ');
}
