import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

const about = { transport: 'udp', reveals: 'protocol' } as const;

/** The small services of the 1980s that it brings along. */
export const xinetd = defineServer({
  name: 'xinetd',
  needs: { linux: true, root: true, commands: ['xinetd'], packages: ['xinetd'] },
  product: 'xinetd',
  version: () => packageVersion('xinetd'),
  doors: {
    echo: { ...about, protocol: 'echo', fixed: 7, hello: { send: 'lab', expect: 'lab' } },
    daytime: {
      ...about,
      protocol: 'daytime',
      fixed: 13,
      hello: { send: 'lab', expect: (answer) => answer.includes(':') },
    },
    chargen: {
      ...about,
      protocol: 'chargen',
      fixed: 19,
      hello: { send: 'lab', expect: (answer) => answer.length > 50 },
    },
    time: {
      ...about,
      protocol: 'time',
      fixed: 37,
      hello: { send: 'lab', expect: (answer) => answer.length === 4 },
    },
  },
  start: async ({ dir, address }) => {
    const service = (name: string) => `service ${name}
{
  type = INTERNAL
  id = ${name}-dgram
  socket_type = dgram
  protocol = udp
  user = root
  wait = yes
  bind = ${address}
  disable = no
}
`;
    const services = ['echo', 'daytime', 'chargen', 'time'].map(service);
    await writeFile(join(dir, 'xinetd.conf'), services.join(''));
    const files = ['-f', join(dir, 'xinetd.conf'), '-pidfile', join(dir, 'pid')];
    return { command: 'xinetd', args: ['-dontfork', '-filelog', join(dir, 'messages'), files] };
  },
});
