import { behaviourOf, DRIP_MS, drips } from './behaviour.ts';
import type { Glance } from './glance.ts';
import type { Looks } from './looks.ts';
import { type Looked, type Signature, signatureOf } from './signature.ts';

/** Canaries of a first and of a second round. */
export const CANARIES = 8;
/** Of the first eight: so many open and the host answers everywhere; between this and one, eight more are asked. */
const CLEARLY_OPEN = 5;
const OPEN_OF_SIXTEEN = 6;
/** Wait for a tarpit's second word, in milliseconds; endlessh sends one in ten seconds. */
const DRIP_WAIT_MS = 25_000;
/** The same where it has sent its first at once. */
const DRIP_WAIT_SPOKEN_MS = 6000;
/** Canaries that are listened to for so long. */
const PATIENT_LOOKS = 3;

/**
 * How a host answers at `ports`, two rounds of canaries; null when most are closed. `everywhere` is
 * called as soon as it is clear that they are not.
 */
export async function askCanaries(
  looks: Looks,
  ports: readonly number[],
  everywhere: () => void,
): Promise<Signature | null> {
  const looked = await lookAt(looks, ports.slice(0, CANARIES));
  if (openOf(looked) <= 1) return null;
  if (openOf(looked) < CLEARLY_OPEN) {
    looked.push(...(await lookAt(looks, ports.slice(CANARIES))));
    if (openOf(looked) < OPEN_OF_SIXTEEN) return null;
  }
  everywhere();
  return signatureOf(looked, await drippingAmong(looks, looked));
}

function lookAt(looks: Looks, ports: readonly number[]): Promise<Looked[]> {
  return Promise.all(ports.map(async (port) => ({ port, glance: await looks.patient(port) })));
}

function openOf(looked: readonly Looked[]): number {
  return looked.filter(({ glance }) => glance.handshake === 'completed').length;
}

/** Looks at canaries that keep the connection and go on speaking though nobody asks them anything. */
async function drippingAmong(looks: Looks, looked: readonly Looked[]): Promise<readonly Glance[]> {
  const lasting = looked
    .filter(({ glance }) => glance.handshake === 'completed' && glance.end === 'open')
    .filter(({ glance }) => ['speaks', 'mute'].includes(behaviourOf(glance)))
    .slice(0, PATIENT_LOOKS);
  const spoken = lasting.some(({ glance }) => glance.saidFirst > 0);
  const waitMs = spoken ? DRIP_WAIT_SPOKEN_MS : DRIP_WAIT_MS;
  const glances = await Promise.all(lasting.map(({ port }) => looks.listen(port, waitMs, DRIP_MS)));
  const dripping = glances.filter(drips);
  return dripping.length > glances.length / 2 ? dripping : [];
}
