import { readNetwork } from '../../../model/network.ts';
import type { DeviceItem, HostItem } from '../pf/statements.ts';
import type { Element } from './xml.ts';

export interface Interface {
  /** `wan`, `lan`, `opt1`. */
  readonly key: string;
  /** `igb0`. */
  readonly device: string;
  /** Configured addresses with prefix; empty for those that are learnt. */
  readonly addresses: readonly string[];
  readonly blockPrivate: boolean;
  readonly blockBogons: boolean;
}

/** Set when the element is there and does not say no. */
export function isSet(element: Element | undefined): boolean {
  return element !== undefined && element.text !== '0' && element.text !== 'no';
}

function addressesOf(element: Element): string[] {
  const pair = (address: string, prefix: string) => {
    const text = `${element.child(address)?.text ?? ''}/${element.child(prefix)?.text ?? ''}`;
    return readNetwork(text) === null ? [] : [text];
  };
  return [...pair('ipaddr', 'subnet'), ...pair('ipaddrv6', 'subnetv6')];
}

/** Interfaces of a configuration, and what rules call them. */
export class Interfaces {
  readonly all: readonly Interface[];
  private readonly groups: ReadonlyMap<string, readonly string[]>;

  constructor(root: Element) {
    const parent = root.child('interfaces');
    this.all = (parent?.names() ?? []).flatMap((key) =>
      (parent?.children(key) ?? []).map((element) => ({
        key,
        device: element.child('if')?.text || key,
        addresses: addressesOf(element),
        blockPrivate: isSet(element.child('blockpriv')),
        blockBogons: isSet(element.child('blockbogons')),
      })),
    );
    this.groups = new Map(
      (root.child('ifgroups')?.children('ifgroupentry') ?? []).map((entry) => [
        entry.child('ifname')?.text ?? '',
        (entry.child('members')?.text ?? '').split(/[\s,]+/).filter((member) => member !== ''),
      ]),
    );
  }

  find(key: string): Interface | undefined {
    return this.all.find((found) => found.key === key);
  }

  isGroup(key: string): boolean {
    return this.groups.has(key);
  }

  devices(keys: readonly string[]): readonly DeviceItem[] {
    return keys
      .flatMap((key) => this.groups.get(key) ?? [key])
      .map((key) => ({ not: false, name: this.find(key)?.device ?? key }));
  }

  /** `lan`: its networks; `lanip`: its addresses; `(self)`: all addresses of the firewall. */
  hosts(name: string): readonly HostItem['host'][] | null {
    if (name === '(self)' || name === 'self') return [{ is: 'self' }];
    const network = this.find(name);
    if (network !== undefined)
      return network.addresses.length > 0
        ? network.addresses.map((text) => ({ is: 'addresses', text }))
        : [{ is: 'device', text: `${network.device}:network` }];
    const own = name.endsWith('ip') ? this.find(name.slice(0, -2)) : undefined;
    if (own === undefined) return null;
    return own.addresses.length > 0
      ? own.addresses.map((text) => ({ is: 'addresses', text: text.split('/')[0] ?? text }))
      : [{ is: 'device', text: own.device }];
  }
}
