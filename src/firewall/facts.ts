/** What the rules themselves do not tell of a host's firewalls. */
export interface FirewallFacts {
  /** `ENABLED=yes` in /etc/ufw/ufw.conf; `unknown` when the file is there and cannot be read. */
  readonly ufw: 'enabled' | 'disabled' | 'absent' | 'unknown';
  readonly firewalld: 'running' | 'stopped' | 'absent' | 'unknown';
  /** Firewall programs that are installed: `nft`, `iptables`, `ufw`, `firewall-cmd`. */
  readonly programs: readonly string[];
}
