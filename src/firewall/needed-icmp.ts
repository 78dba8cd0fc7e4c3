/**
 * Types that every ruleset we write lets in: errors that connections need and the questions of
 * RFC 4890 section 4.4.1, neighbour discovery among them. IPv4: the same by RFC 1812 and RFC 1191.
 */
export const NEEDED_ICMP4: readonly number[] = [3, 8, 11, 12];
export const NEEDED_ICMP6: readonly number[] = [1, 2, 3, 4, 128, 129, 133, 134, 135, 136];
