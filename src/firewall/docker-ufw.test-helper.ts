import type { Layer } from './layer.ts';
import {
  accept,
  back,
  base,
  chain,
  hook,
  jump,
  name,
  network,
  rule,
  tcp,
  to,
} from './layers.test-helper.ts';

/**
 * What `iptables-save` has on a host with ufw (22/tcp allowed, deny by default) and Docker with one
 * container published as `-p 8080:80`, in the layer's words: ufw's chains in INPUT, Docker's DNAT
 * before them and its own way through FORWARD.
 */
export const DOCKER_UFW: Layer = {
  kind: 'iptables',
  origin: 'iptables-save',
  role: 'live',
  unread: [],
  tables: [
    {
      name: 'nat',
      family: 'ip',
      chains: [
        base(
          'PREROUTING',
          hook('prerouting', -100, 'nat'),
          'accept',
          rule(
            '-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER',
            name('destination-type', 'local'),
            jump('DOCKER'),
          ),
        ),
        chain(
          'DOCKER',
          rule('-A DOCKER -i docker0 -j RETURN', name('in-device', 'docker0'), back),
          rule(
            '-A DOCKER ! -i docker0 -p tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80',
            { test: 'name', field: 'in-device', in: ['docker0'], not: true },
            ...tcp(8080),
            { do: 'dnat', to: network('172.17.0.2'), ports: [80, 81] },
          ),
        ),
      ],
    },
    {
      name: 'filter',
      family: 'ip',
      chains: [
        base(
          'INPUT',
          hook('input'),
          'drop',
          rule('-A INPUT -j ufw-before-input', jump('ufw-before-input')),
          rule('-A INPUT -j ufw-user-input', jump('ufw-user-input')),
        ),
        chain(
          'ufw-before-input',
          rule('-A ufw-before-input -i lo -j ACCEPT', name('in-device', 'lo'), accept),
          rule(
            '-A ufw-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
            name('state', 'related', 'established'),
            accept,
          ),
        ),
        chain(
          'ufw-user-input',
          rule('-A ufw-user-input -p tcp -m tcp --dport 22 -j ACCEPT', ...tcp(22), accept),
        ),
        base(
          'FORWARD',
          hook('forward'),
          'drop',
          rule('-A FORWARD -o docker0 -j DOCKER', name('out-device', 'docker0'), jump('DOCKER')),
        ),
        chain(
          'DOCKER',
          rule(
            '-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT',
            to('172.17.0.2'),
            { test: 'name', field: 'in-device', in: ['docker0'], not: true },
            name('out-device', 'docker0'),
            ...tcp(80),
            accept,
          ),
        ),
      ],
    },
  ],
};
