import { WEB_APPLICATIONS, type WebApplication } from './data/web-applications.ts';

const BY_PROTOCOL: ReadonlyMap<string, WebApplication> = new Map(
  WEB_APPLICATIONS.flatMap((application) =>
    application.protocol === undefined ? [] : [[application.protocol, application] as const],
  ),
);

/** The console or API that a plugin of its own identified; undefined for other protocols. */
export function applicationOfProtocol(protocol: string): WebApplication | undefined {
  return BY_PROTOCOL.get(protocol);
}

/** Its name at the beginning of a sentence. */
export function capitalised({ name }: WebApplication): string {
  return name.startsWith('a ') ? `A${name.slice(1)}` : name;
}
