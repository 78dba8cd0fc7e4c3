import { expect, it } from 'vitest';
import { readListing, savedListing } from './listing.ts';

/** In the form of `firewall-cmd --list-all-zones`, firewalld 1.3. */
function listing(zones: Readonly<Record<string, { interfaces: string; ports: string }>>): string {
  return Object.entries(zones)
    .map(
      ([name, { interfaces, ports }]) =>
        `${name}\n  target: default\n  interfaces: ${interfaces}\n  ports: ${ports}\n  rich rules: \n\n`,
    )
    .join('');
}

it('is what is saved, with the devices that zones have now', () => {
  const now = listing({
    'public (default, active)': { interfaces: 'eth0', ports: '80/tcp 8080/tcp' },
    work: { interfaces: '', ports: '' },
  });
  const saved = listing({
    public: { interfaces: '', ports: '80/tcp' },
    work: { interfaces: 'eth9', ports: '22/tcp' },
    home: { interfaces: 'eth8', ports: '' },
  });
  const { zones } = readListing({ origin: 'both', text: savedListing(saved, now) });
  expect(
    zones.map(({ name, interfaces, ports }) => [name, interfaces, ports.map(({ port }) => port)]),
  ).toEqual([
    ['public', ['eth0'], ['80']],
    ['work', [], ['22']],
    ['home', ['eth8'], []],
  ]);
});
