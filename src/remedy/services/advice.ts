/** How one program is told to answer on one address only, or not at all. */
export interface ServiceAdvice {
  /** As the kernel, the unit or the package names it; the first names the entry. */
  readonly programs: readonly string[];
  /**
   * The setting: `{address}` and `{port}` are filled in. `file` is where Debian's package or the
   * project's documentation puts it.
   */
  readonly bind?: { readonly file: string; readonly lines: readonly string[] };
  /** systemd units to disable, sockets first: a unit that is stopped alone is started by its socket. */
  readonly units: readonly string[];
  /** What to know beside it, one sentence. */
  readonly note?: string;
  /** Manual page or address that the setting is from. */
  readonly source: string;
}
