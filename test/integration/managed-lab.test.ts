import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  firewalldMet,
  type ManagedFirewall,
  startFirewalld,
  startUfw,
  ufwMet,
} from '../lab/managed-firewalls.ts';
import { makeNamespace, type Namespace, namespacesMet } from '../lab/namespace.ts';

describe.skipIf(!namespacesMet())('firewall managers in a namespace', () => {
  let namespace: Namespace;
  let firewall: ManagedFirewall | undefined;

  beforeEach(() => {
    namespace = makeNamespace();
  });

  afterEach(async () => {
    await firewall?.close();
    firewall = undefined;
    namespace.close();
  });

  it.skipIf(!ufwMet())('runs ufw on files of its own', async () => {
    firewall = await startUfw(namespace);
    firewall.exec('ufw', '--force', 'enable');
    firewall.exec('ufw', 'allow', '22/tcp');
    const rules = firewall.sources().find(({ origin }) => origin === '/etc/ufw/user.rules');
    expect(rules?.text).toContain('### tuple ### allow tcp 22');
    expect(namespace.exec('iptables-save')).toContain(
      '-A ufw-user-input -p tcp -m tcp --dport 22 -j ACCEPT',
    );
  });

  it.skipIf(!firewalldMet())('runs firewalld on a bus and files of its own', async () => {
    firewall = await startFirewalld(namespace);
    firewall.exec('firewall-cmd', '--permanent', '--add-port=8443/tcp');
    firewall.exec('firewall-cmd', '--reload');
    const zone = firewall
      .sources()
      .find(({ origin }) => origin === '/etc/firewalld/zones/public.xml');
    expect(zone?.text).toContain('<port port="8443" protocol="tcp"/>');
    expect(namespace.exec('nft', 'list', 'ruleset')).toContain('tcp dport 8443 accept');
  });
});
