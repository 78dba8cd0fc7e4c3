import { existsSync, readFileSync } from 'node:fs';

/** One answer of a product over UDP and what must be found out from it. */
export interface DatagramFixture {
  readonly what: string;
  /** Captured from which package and version, or built from which section of which specification. */
  readonly source: string;
  readonly port: number;
  readonly question: string;
  /** Base64. */
  readonly payload: string;
  /** Answers to the questions that follow, in order; null: silence. */
  readonly more?: readonly (string | null)[];
  readonly identity: unknown;
}

/** The fixtures of test/fixtures/datagrams/NAME.json. */
export function datagramFixtures(name: string): DatagramFixture[] {
  const file = `test/fixtures/datagrams/${name}.json`;
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as DatagramFixture[]) : [];
}

export function bytesOfBase64(base64: string): Uint8Array {
  return Uint8Array.from(Buffer.from(base64, 'base64'));
}
