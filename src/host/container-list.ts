import { z } from 'zod';
import { canonicalAddress, familyOf } from '../model/address.ts';
import type { Container, Publication } from '../model/listener.ts';

const port = z.int().min(0).max(65_535);

/** The parts we use of an element of GET /containers/json (Docker Engine API; Podman's is compatible). */
const entry = z.object({
  Id: z.string().regex(/^[\da-f]{12,64}$/),
  Names: z.array(z.string()).nullish(),
  Image: z.string().nullish(),
  Ports: z
    .array(
      z.object({
        IP: z.string().nullish(),
        PrivatePort: port,
        PublicPort: port.nullish(),
        Type: z.string().nullish(),
      }),
    )
    .nullish(),
  NetworkSettings: z
    .object({
      Networks: z
        .record(
          z.string(),
          z
            .object({ IPAddress: z.string().nullish(), GlobalIPv6Address: z.string().nullish() })
            .nullish(),
        )
        .nullish(),
    })
    .nullish(),
});
type Entry = z.infer<typeof entry>;

export interface ContainerList {
  /** By full id. */
  readonly containers: ReadonlyMap<string, Container>;
  readonly publications: readonly Publication[];
}

/** Reads the answer to GET /containers/json; null when it is not such a list. */
export function readContainerList(
  text: string,
  runtime: Container['runtime'],
): ContainerList | null {
  const entries = z.array(entry).safeParse(parseJson(text));
  if (!entries.success) return null;
  const containers = new Map<string, Container>();
  const publications: Publication[] = [];
  for (const one of entries.data) {
    const container = containerOf(one, runtime);
    containers.set(one.Id, container);
    publications.push(...publicationsOf(one, container));
  }
  return { containers, publications };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function containerOf({ Id, Names, Image }: Entry, runtime: Container['runtime']): Container {
  const name = Names?.[0]?.replace(/^\//, '') ?? Id.slice(0, 12);
  return { runtime, name, ...(Image ? { image: Image } : {}) };
}

function publicationsOf(one: Entry, container: Container): Publication[] {
  return (one.Ports ?? []).flatMap(({ IP, PrivatePort, PublicPort, Type }) => {
    const bind = canonicalAddress(IP || '0.0.0.0');
    if (!PublicPort || bind === null || (Type !== 'tcp' && Type !== 'udp')) return [];
    const address = addressOf(one, familyOf(bind));
    return [
      {
        transport: Type,
        bind,
        port: PublicPort,
        container,
        containerPort: PrivatePort,
        ...(address === undefined ? {} : { containerAddress: address }),
      },
    ];
  });
}

/** A container without an IPv6 address of its own is reached by its IPv4 one through a proxy. */
function addressOf({ NetworkSettings }: Entry, family: 4 | 6): string | undefined {
  const networks = Object.values(NetworkSettings?.Networks ?? {});
  const found = networks
    .flatMap((network) => [network?.IPAddress, network?.GlobalIPv6Address])
    .map((text) => canonicalAddress(text ?? ''))
    .filter((address) => address !== null);
  return found.find((address) => familyOf(address) === family) ?? found[0];
}
