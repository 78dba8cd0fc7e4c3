/** Bytes of `struct tcp_info` that are read (linux/tcp.h); kernels that know less fill less. */
export const TCP_INFO_BYTES = 232;

const OPTIONS_AT = 5;
const WINDOW_SCALE_AT = 6;
const SEND_MSS_AT = 16;
const RTT_AT = 68;
const BYTES_ACKED_AT = 120;
const NOT_SENT_AT = 144;
const SEND_WINDOW_AT = 228;

const TCPI_OPT_TIMESTAMPS = 1;
const TCPI_OPT_SACK = 2;
const TCPI_OPT_WSCALE = 4;
const TCPI_OPT_ECN = 8;

/** What the kernel knows of a connection's far end. */
export interface TcpInfo {
  /** Round trip in milliseconds; null when none was measured. */
  readonly rttMs: number | null;
  /** Bytes that the peer has acknowledged, the SYN counted as one; null before Linux 4.1. */
  readonly bytesAcked: number | null;
  /** Bytes that wait here because they may not be sent yet; null before Linux 4.6. */
  readonly notSent: number | null;
  /** The peer's receive window in bytes, scaled; null before Linux 5.4. */
  readonly window: number | null;
  /** The options that the peer's SYN-ACK agreed to: `mss 1460,sack,ts,wscale 7`. */
  readonly options: string;
}

/** Reads what getsockopt(TCP_INFO) filled in; null when it is too short to be any kernel's. */
export function readTcpInfo(bytes: Uint8Array): TcpInfo | null {
  if (bytes.length < RTT_AT + 4) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const word = (at: number) => (bytes.length >= at + 4 ? view.getUint32(at, true) : null);
  const rtt = view.getUint32(RTT_AT, true);
  return {
    rttMs: rtt === 0 ? null : rtt / 1000,
    bytesAcked:
      bytes.length >= BYTES_ACKED_AT + 8 ? Number(view.getBigUint64(BYTES_ACKED_AT, true)) : null,
    notSent: word(NOT_SENT_AT),
    window: word(SEND_WINDOW_AT),
    options: optionsOf(view),
  };
}

function optionsOf(view: DataView): string {
  const flags = view.getUint8(OPTIONS_AT);
  const scale = view.getUint8(WINDOW_SCALE_AT) & 0x0f;
  return [
    `mss ${view.getUint32(SEND_MSS_AT, true)}`,
    ...((flags & TCPI_OPT_SACK) === 0 ? [] : ['sack']),
    ...((flags & TCPI_OPT_TIMESTAMPS) === 0 ? [] : ['ts']),
    ...((flags & TCPI_OPT_WSCALE) === 0 ? [] : [`wscale ${scale}`]),
    ...((flags & TCPI_OPT_ECN) === 0 ? [] : ['ecn']),
  ].join(',');
}
