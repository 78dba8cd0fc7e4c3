/** An address as a rule names it, before it is known what it stands for. */
export interface HostItem {
  readonly not: boolean;
  readonly host:
    | { readonly is: 'any' }
    | { readonly is: 'self' }
    | { readonly is: 'addresses'; readonly text: string }
    | { readonly is: 'table'; readonly name: string }
    /** `em0`, `(em0)`, `em0:network`: what addresses a device or a group of devices has. */
    | { readonly is: 'device'; readonly text: string }
    /** `urpf-failed`, `no-route`, a host name. */
    | { readonly is: 'other'; readonly text: string };
}

/** A port comparison: `= 22`, `!= ssh`, `1024:65535`, `0 >< 100`. */
export interface PortItem {
  readonly operator: string;
  readonly first: string;
  readonly last?: string;
}

export interface HostSpec {
  /** Absent: any. */
  readonly hosts?: readonly HostItem[];
  readonly ports?: readonly PortItem[];
}

export interface DeviceItem {
  readonly not: boolean;
  readonly name: string;
}

export interface IcmpItem {
  readonly type: string;
  readonly code?: string;
}

/** What a rule holds packets against, and where it is from. */
export interface Conditions {
  readonly line: number;
  readonly text: string;
  readonly direction?: 'in' | 'out';
  readonly on?: readonly DeviceItem[];
  readonly family?: 4 | 6;
  readonly protocols?: readonly string[];
  readonly from?: HostSpec;
  readonly to?: HostSpec;
  readonly flags?: string;
  readonly icmp4?: readonly IcmpItem[];
  readonly icmp6?: readonly IcmpItem[];
  /** Conditions that are not understood, each a text. */
  readonly opaque: readonly string[];
  /** Rates and counts. */
  readonly limits: readonly string[];
  /** Tables that it fills with sources above its limits. */
  readonly overload: readonly string[];
  readonly label?: string;
}

export interface Target {
  readonly hosts: readonly HostItem[];
  readonly port?: string;
}

export type Statement =
  | {
      readonly is: 'filter';
      readonly action: 'pass' | 'block' | 'match';
      /** Of a block rule, where it says so itself. */
      readonly answer?: 'drop' | 'return';
      readonly quick: boolean;
      readonly conditions: Conditions;
      readonly redirect?: Target;
    }
  | {
      readonly is: 'redirect';
      /** `no rdr`: what matches is not translated. */
      readonly no: boolean;
      /** `rdr pass`: what was translated is not filtered. */
      readonly pass: boolean;
      readonly conditions: Conditions;
      readonly to?: Target;
    }
  | {
      readonly is: 'anchor';
      readonly name: string;
      readonly quick: boolean;
      readonly conditions: Conditions;
      /** Absent: its rules are elsewhere. */
      readonly body?: readonly Statement[];
    }
  | {
      readonly is: 'antispoof';
      readonly quick: boolean;
      readonly devices: readonly DeviceItem[];
      readonly line: number;
      readonly text: string;
    }
  | {
      readonly is: 'table';
      readonly name: string;
      readonly hosts?: readonly HostItem[];
      readonly files: readonly string[];
    }
  | { readonly is: 'skip'; readonly devices: readonly DeviceItem[] }
  | { readonly is: 'block-policy'; readonly answer: 'drop' | 'return' }
  | {
      readonly is: 'unread';
      readonly line: number;
      readonly text: string;
      readonly why: string;
      /** There may be rules of the filter in it, which decide where it stands. */
      readonly filters?: true;
    };
