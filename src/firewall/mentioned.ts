import type { Action, Cell, Field, Layer, Rule, Step } from './layer.ts';
import { includes, type Ranges } from './ranges.ts';
import { singles } from './steps.ts';

function cellNames(fields: readonly Field[], row: readonly Cell[]): readonly string[] {
  return row.flatMap((cell, at) =>
    fields[at] === 'in-device' && cell !== 'any' && 'names' in cell ? cell.names : [],
  );
}

function actionNames(action: Action): readonly string[] {
  if (action.do !== 'map') return [];
  return action.rows.flatMap((row) => cellNames(action.fields, row.key));
}

function stepNames(step: Step): readonly string[] {
  if ('do' in step) return actionNames(step);
  if (step.test === 'name' && step.field === 'in-device') return step.in;
  if (step.test === 'tuple') return step.rows.flatMap((row) => cellNames(step.fields, row));
  return [];
}

/** All rules of layers, in their order. */
export function rulesOf(layers: readonly Layer[]): readonly Rule[] {
  return layers.flatMap(({ tables }) =>
    tables.flatMap(({ chains }) => chains.flatMap(({ rules }) => rules)),
  );
}

const TCP_UDP_ICMP = [6, 17, 1, 58];

function namedProtocols(layers: readonly Layer[]): readonly Ranges<number>[] {
  return rulesOf(layers)
    .flatMap(({ steps }) => steps)
    .flatMap((step) =>
      'test' in step && step.test === 'number' && step.field === 'protocol' ? [step.in] : [],
    );
}

/** An IP protocol that no rule names, for all those that none does; TCP, UDP and ICMP aside. */
export function unnamedProtocol(layers: readonly Layer[]): number | undefined {
  const named = [...namedProtocols(layers), singles(TCP_UDP_ICMP)];
  for (let number = 0; number < 256; number += 1)
    if (!named.some((wanted) => includes(wanted, number))) return number;
  return undefined;
}

/** Protocols that rules tell apart: TCP, UDP and ICMP, those that are named, one that is not. */
export function protocolsApart(layers: readonly Layer[]): readonly number[] {
  const firsts = namedProtocols(layers).flatMap((named) => named.filter((_, at) => at % 2 === 0));
  const other = unnamedProtocol(layers);
  return [...new Set([...TCP_UDP_ICMP, ...firsts, ...(other === undefined ? [] : [other])])];
}

/** Whether all that a layer has is switched off: ufw disabled, pf disabled. */
export function isOff({ tables }: Layer): boolean {
  return tables.length > 0 && tables.every(({ dormant }) => dormant === true);
}

/** Of Linux, of BSD and macOS, of Windows. */
const LOOPBACK_NAME = /^(?:lo0?|Loopback Pseudo-Interface.*)$/;

/** Devices that rules ask for, the loopback left out; a pattern becomes one name that fits it. */
export function mentionedDevices(layers: readonly Layer[]): readonly string[] {
  const names = rulesOf(layers).flatMap(({ steps }) => steps.flatMap(stepNames));
  const whole = names.map((name) => (name.endsWith('*') ? `${name.slice(0, -1)}0` : name));
  return [...new Set(whole)].filter((name) => name !== '' && !LOOPBACK_NAME.test(name)).sort();
}
