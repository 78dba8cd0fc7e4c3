import { z } from 'zod';
import { canonicalAddress, familyOf } from '../../model/address.ts';
import type { Listener } from '../../model/listener.ts';
import type { Transport } from '../../model/port.ts';
import { type FoundSocket, type ListenerLook, mergeSockets, scopeOf } from '../look.ts';
import { maskCommand } from '../mask-secrets.ts';

/** The kernel itself: its drivers listen under this id. */
const SYSTEM = 4;

/** PowerShell 5 writes a list of one as the element itself. */
function listOf<Item extends z.ZodType>(item: Item) {
  return z.union([z.array(item), item.transform((one) => [one])]).nullish();
}

const socket = z.object({
  LocalAddress: z.string(),
  LocalPort: z.int().min(0).max(65_535),
  OwningProcess: z.int().min(0),
});
const answer = z.object({
  tcp: listOf(socket),
  udp: listOf(socket),
  processes: listOf(
    z.object({
      ProcessId: z.int().min(0),
      Name: z.string().nullish(),
      ExecutablePath: z.string().nullish(),
      CommandLine: z.string().nullish(),
    }),
  ),
  services: listOf(
    z.object({
      Name: z.string(),
      ProcessId: z.int().min(0),
      StartName: z.string().nullish(),
    }),
  ),
});
type Answer = z.infer<typeof answer>;
type Process = NonNullable<Answer['processes']>[number];
type Service = NonNullable<Answer['services']>[number];

/** Reads the JSON that our question to PowerShell gives; a look with nothing in it when it is not that. */
export function readWindowsAnswer(text: string): ListenerLook {
  const parsed = answer.safeParse(parseJson(text));
  if (!parsed.success || parsed.data.tcp == null || parsed.data.udp == null) {
    return nothing('listeners: PowerShell did not answer with a list of sockets');
  }
  const { tcp, udp, processes, services } = parsed.data;
  const byId = new Map((processes ?? []).map((one) => [one.ProcessId, one]));
  const found = (transport: Transport, sockets: readonly z.infer<typeof socket>[]) =>
    sockets.flatMap((one) => {
      const owner = byId.get(one.OwningProcess);
      const own = (services ?? []).filter(({ ProcessId }) => ProcessId === one.OwningProcess);
      return describe(transport, one, owner, own);
    });
  return {
    listeners: mergeSockets([...found('tcp', tcp), ...found('udp', udp)]),
    namespaces: [{ name: 'host', file: null, procNet: null }],
    publications: [],
    complete: true,
    ownComplete: true,
    unseen: [],
  };
}

export function nothing(reason: string): ListenerLook {
  return {
    listeners: [],
    namespaces: [],
    publications: [],
    complete: false,
    ownComplete: false,
    unseen: [reason],
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return null;
  }
}

function describe(
  transport: Transport,
  { LocalAddress, LocalPort, OwningProcess }: z.infer<typeof socket>,
  owner: Process | undefined,
  services: readonly Service[],
): FoundSocket[] {
  const bind = canonicalAddress(LocalAddress);
  if (bind === null || LocalPort === 0) return [];
  const listener: Omit<Listener, 'processes'> = {
    transport,
    bind,
    // a dual-stack socket is listed twice, once for each family
    families: [familyOf(bind)],
    scope: scopeOf(bind, undefined),
    port: LocalPort,
    namespace: 'host',
    ...programOf(owner),
    ...serviceOf(services),
    unseen: [...unseenOf(OwningProcess, owner, services)],
  };
  return [{ listener, pids: owner === undefined ? [] : [OwningProcess] }];
}

function programOf(
  owner: Process | undefined,
): Pick<Listener, 'program' | 'command' | 'executable'> {
  if (owner === undefined) return {};
  const { Name, CommandLine, ExecutablePath } = owner;
  return {
    ...(Name ? { program: Name.replace(/\.exe$/i, '') } : {}),
    ...(CommandLine ? { command: maskCommand(CommandLine) } : {}),
    ...(ExecutablePath ? { executable: ExecutablePath } : {}),
  };
}

/** Several services may share a process. */
function serviceOf(services: readonly Service[]): Pick<Listener, 'unit' | 'user'> {
  const users = new Set(services.map(({ StartName }) => StartName).filter((name) => name != null));
  const [user] = users;
  const names = services.map(({ Name }) => Name).sort();
  return {
    ...(names.length === 0 ? {} : { unit: names.join(', ') }),
    ...(user === undefined || users.size > 1 ? {} : { user }),
  };
}

function* unseenOf(
  id: number,
  owner: Process | undefined,
  services: readonly Service[],
): Generator<string> {
  if (id === SYSTEM) {
    yield 'program: the kernel itself, on behalf of a driver such as HTTP.sys or SMB';
    return;
  }
  if (owner === undefined) yield 'program: it has ended, or needs administrator rights';
  else if (!owner.ExecutablePath) yield 'executable: needs administrator rights';
  if (services.length === 0) yield 'user: told for services only';
}
