import { adminPorts } from './known-ports/admin.ts';
import { aiPorts } from './known-ports/ai.ts';
import { cachePorts } from './known-ports/cache.ts';
import { cameraPorts } from './known-ports/camera.ts';
import { containerPorts } from './known-ports/container.ts';
import { databasePorts } from './known-ports/database.ts';
import { developmentPorts } from './known-ports/development.ts';
import { directoryPorts } from './known-ports/directory.ts';
import { dnsPorts } from './known-ports/dns.ts';
import type { KnownPort } from './known-ports/entry.ts';
import { fileSharingPorts } from './known-ports/file-sharing.ts';
import { gamePorts } from './known-ports/game.ts';
import { industrialPorts } from './known-ports/industrial.ts';
import { mailPorts } from './known-ports/mail.ts';
import { monitoringPorts } from './known-ports/monitoring.ts';
import { networkPorts } from './known-ports/network.ts';
import { TCP_ORDER, UDP_ORDER } from './known-ports/order.ts';
import { printerPorts } from './known-ports/printer.ts';
import { queuePorts } from './known-ports/queue.ts';
import { remoteAccessPorts } from './known-ports/remote-access.ts';
import { voicePorts } from './known-ports/voice.ts';
import { vpnPorts } from './known-ports/vpn.ts';
import { webPorts } from './known-ports/web.ts';
import type { Transport } from './port.ts';

export { type KnownPort, PORT_GROUPS } from './known-ports/entry.ts';

const ENTRIES: readonly KnownPort[] = [
  ...adminPorts,
  ...aiPorts,
  ...cachePorts,
  ...cameraPorts,
  ...containerPorts,
  ...databasePorts,
  ...developmentPorts,
  ...directoryPorts,
  ...dnsPorts,
  ...fileSharingPorts,
  ...gamePorts,
  ...industrialPorts,
  ...mailPorts,
  ...monitoringPorts,
  ...networkPorts,
  ...printerPorts,
  ...queuePorts,
  ...remoteAccessPorts,
  ...voicePorts,
  ...vpnPorts,
  ...webPorts,
];

const BY_KEY: ReadonlyMap<string, KnownPort> = new Map(
  ENTRIES.map((entry) => [`${entry.transport}/${entry.port}`, entry]),
);

/** The entry for one port; undefined when no well-known application uses it. */
export function knownPort(transport: Transport, port: number): KnownPort | undefined {
  return BY_KEY.get(`${transport}/${port}`);
}

function ranked(transport: Transport, order: readonly number[]): KnownPort[] {
  return order.flatMap((port) => knownPort(transport, port) ?? []);
}

/**
 * The default list, most often met first: `--top N` takes the first N of a transport. Our own
 * selection from vendors' documentation and the IANA service-names registry.
 */
export const KNOWN_PORTS: readonly KnownPort[] = [
  ...ranked('tcp', TCP_ORDER),
  ...ranked('udp', UDP_ORDER),
];
