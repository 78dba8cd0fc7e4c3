import { execFileSync } from 'node:child_process';

/** What one is written from; later entries win over earlier ones. */
export interface CountryDatabase {
  readonly ipVersion: 4 | 6;
  readonly recordSize: 24 | 28 | 32;
  readonly networks: readonly (readonly [cidr: string, country: string])[];
  /** The record's shape: MaxMind's `country.iso_code`, or a flat `country_code`. */
  readonly flat?: boolean;
}

const WRITER = String.raw`
use strict;
use JSON::PP;
use MaxMind::DB::Writer::Tree;
local $/;
my $setting = decode_json(<STDIN>);
my %types = (country => 'map', iso_code => 'utf8_string', country_code => 'utf8_string');
my $tree = MaxMind::DB::Writer::Tree->new(
  ip_version => $setting->{ipVersion},
  record_size => $setting->{recordSize},
  database_type => 'Test-Country',
  description => { en => 'made by a test of postern' },
  map_key_type_callback => sub { $types{ $_[0] } },
  remove_reserved_networks => 0,
  ($setting->{ipVersion} == 6 ? (alias_ipv6_to_ipv4 => 1) : ()),
);
for my $entry (@{ $setting->{networks} }) {
  my ($cidr, $code) = @$entry;
  $tree->insert_network($cidr, $setting->{flat}
    ? { country_code => $code } : { country => { iso_code => $code } });
}
open my $file, '>:raw', $ARGV[0] or die $!;
$tree->write_tree($file);
`;

/** Writes a MaxMind-format database with MaxMind's own writer (Debian: libmaxmind-db-writer-perl). */
export function writeCountryDatabase(path: string, database: CountryDatabase): void {
  execFileSync('perl', ['-e', WRITER, path], {
    input: JSON.stringify(database),
    stdio: ['pipe', 'ignore', 'inherit'],
  });
}
