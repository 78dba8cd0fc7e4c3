import type { KindName, Layer } from '../firewall/layer.ts';
import { readFirewalls } from '../host/firewall.ts';
import { readMachine } from '../host/machine.ts';
import type { Machine } from '../model/machine.ts';
import { readFirewallFile } from './firewall-files.ts';
import type { Terminal } from './terminal.ts';

/** Layers, and the machine that they are on; one without devices for files. */
export interface LayersAndMachine {
  readonly layers: readonly Layer[];
  readonly machine: Machine;
}

/** Whether part of the rules could not be read: what is said of them is then not all there is. */
export function isPartlyRead(layers: readonly Layer[]): boolean {
  return layers.some(({ unread }) => unread.length > 0);
}

const SOME_MACHINE: Machine = { hostname: '', system: 'other', devices: [], routes: [] };
/** Stands for the rules of this host where a file is expected. */
export const THIS_HOST = 'host';

async function layersOfHost(terminal: Terminal): Promise<LayersAndMachine> {
  const [{ layers, problems }, machine] = await Promise.all([readFirewalls(), readMachine()]);
  for (const { code, message } of problems) terminal.err.write(`${code}: ${message}\n`);
  return { layers, machine };
}

/** Reads the rules of this host, or those of files in the order they are asked. */
export async function chooseLayers(
  files: readonly string[],
  terminal: Terminal,
  kind?: KindName,
): Promise<LayersAndMachine> {
  if (files.length === 0 || files.join() === THIS_HOST) return layersOfHost(terminal);
  const layers = await Promise.all(files.map((path) => readFirewallFile(path, kind)));
  return { layers, machine: SOME_MACHINE };
}
