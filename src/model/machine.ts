/** A network device and its addresses. */
export interface Device {
  readonly name: string;
  /** Addresses with their prefix length, canonical text. */
  readonly addresses: readonly { readonly address: string; readonly prefix: number }[];
  readonly loopback: boolean;
  readonly up: boolean;
}

/** One route of the main table: where a forwarded packet leaves. */
export interface Route {
  /** CIDR; `0.0.0.0/0` and `::/0` are the default routes. */
  readonly to: string;
  readonly device: string;
}

/** What deciding about a packet needs to know of the host that the rules are on. */
export interface Machine {
  readonly hostname: string;
  readonly system: 'linux' | 'darwin' | 'windows' | 'other';
  readonly devices: readonly Device[];
  readonly routes: readonly Route[];
}
