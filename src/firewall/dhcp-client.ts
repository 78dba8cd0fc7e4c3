/**
 * UDP ports that DHCP clients get their answers on (RFC 2131, RFC 8415): they read them from raw
 * sockets, so that rules for them are no rules without a listener.
 */
export const DHCP_CLIENT: ReadonlySet<number> = new Set([68, 546]);
