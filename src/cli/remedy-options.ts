import { InvalidArgumentError } from 'commander';
import type { GlobalOptions } from './options.ts';

/** Of every command about changes. */
export interface ChangeOptions extends GlobalOptions {
  /** Folder of the kept changes. */
  readonly state?: string;
}

/** Of `postern close` and `postern restrict`. */
export interface RemedyOptions extends ChangeOptions {
  readonly udp?: boolean;
  readonly family?: 4 | 6;
  readonly kind?: string;
  readonly apply?: boolean;
  readonly yes?: boolean;
  /** Seconds. */
  readonly undoAfter?: number;
  readonly keep?: readonly string[];
  readonly outsideCheck?: string;
}

export interface RestrictOptions extends RemedyOptions {
  readonly from?: readonly string[];
  readonly geoip?: string;
  readonly vpn?: string;
  readonly endpoint?: string;
  readonly vpnPort?: number;
  readonly vpnNetwork?: string;
  readonly vpnOutput?: string;
}

export interface UndoOptions extends ChangeOptions {
  readonly list?: boolean;
  readonly force?: boolean;
}

export function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_535) {
    throw new InvalidArgumentError('It must be a port from 1 to 65535.');
  }
  return port;
}

export function readFamily(text: string): 4 | 6 {
  if (text !== '4' && text !== '6') throw new InvalidArgumentError('It must be 4 or 6.');
  return text === '4' ? 4 : 6;
}

export function readUndoAfter(text: string): number {
  const seconds = Number(text);
  if (!/^\d{1,5}$/.test(text) || seconds < 1 || seconds > 86_400) {
    throw new InvalidArgumentError('It must be a whole number of seconds, 1 to 86400.');
  }
  return seconds;
}
