import { afterEach, describe, expect, it, vi } from 'vitest';
import { findCommand, met, missing } from './needs.ts';

describe('needs', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  it('names the first thing that is missing', () => {
    expect(missing({ commands: ['node', 'no-such-program'] })).toBe(
      'needs the program no-such-program',
    );
    expect(missing({ packages: ['no-such-package'] })).toBe(
      'needs the Debian package no-such-package',
    );
    expect(missing({})).toBe(undefined);
  });

  it('prints the reason once and says no', () => {
    vi.stubEnv('POSTERN_REQUIRE_ALL', '0');
    const print = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    expect(met({ commands: ['no-such-tool'] })).toBe(false);
    expect(met({ commands: ['no-such-tool'] })).toBe(false);
    expect(print.mock.calls).toEqual([['skipped: needs the program no-such-tool\n']]);
  });

  it('turns a missing need into an error where everything is required', () => {
    vi.stubEnv('POSTERN_REQUIRE_ALL', '1');
    expect(() => met({ commands: ['no-such-program'] })).toThrow('needs the program');
    expect(met({ commands: ['node'] })).toBe(true);
  });

  it('finds programs by name and by path', () => {
    expect(findCommand(process.execPath)).toBe(process.execPath);
    expect(findCommand('/no/such/program')).toBe(undefined);
  });
});
