import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import koffi from 'koffi';
import { loadLibc, type Watch } from '../../src/net/linux/libc.ts';

const TUNSETIFF = 0x400454ca;
const IFF_TUN = 0x0001;
const IFF_NO_PI = 0x1000;
const IFREQ_BYTES = 40;
const FLAGS_AT = 16;
const MTU = 2048;

/** A network device whose packets come to this process instead of a wire (linux/if_tun.h). */
export interface Tun {
  send(packet: Uint8Array): void;
  close(): void;
}

/** Makes a device called `name`; every IP packet routed to it is handed to `onPacket`. Needs root. */
export async function openTun(
  name: string,
  onPacket: (packet: Buffer, tun: Tun) => void,
): Promise<Tun> {
  const fd = openSync('/dev/net/tun', constants.O_RDWR | constants.O_NONBLOCK);
  attach(fd, name);
  const libc = await loadLibc();
  const buffer = Buffer.alloc(MTU);
  let watch: Watch | null = null;
  const tun: Tun = {
    send: (packet) => void writeSync(fd, packet),
    close: () => {
      if (watch === null) return;
      watch.stop();
      watch.close();
      watch = null;
      closeSync(fd);
    },
  };
  watch = libc.watch(fd, () => {
    for (let length = read(fd, buffer); length > 0; length = read(fd, buffer)) {
      onPacket(buffer.subarray(0, length), tun);
    }
  });
  watch.start();
  return tun;
}

function attach(fd: number, name: string): void {
  const ioctl = koffi.load(null).func('int ioctl(int, unsigned long, void *)');
  const request = Buffer.alloc(IFREQ_BYTES);
  request.write(name, 0, 'latin1');
  request.writeUInt16LE(IFF_TUN | IFF_NO_PI, FLAGS_AT);
  if (ioctl(fd, TUNSETIFF, request) !== 0) throw new Error(`TUNSETIFF failed: ${koffi.errno()}`);
}

/** 0 when nothing is left. */
function read(fd: number, buffer: Buffer): number {
  try {
    return readSync(fd, buffer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
    throw error;
  }
}
