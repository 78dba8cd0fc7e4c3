import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

/** Offers STARTTLS on the plain ports, and takes clear-text passwords there. */
export const dovecot = defineServer({
  name: 'dovecot',
  needs: {
    linux: true,
    root: true,
    commands: ['dovecot', 'openssl'],
    packages: ['dovecot-imapd', 'dovecot-pop3d'],
  },
  product: 'Dovecot',
  version: () => packageVersion('dovecot-core'),
  doors: {
    imap: { protocol: 'imap', tls: 'starttls', reveals: 'product', hello: { expect: '* OK ' } },
    imaps: { protocol: 'imap', tls: 'implicit', reveals: 'product', hello: { expect: '* OK ' } },
    pop3: { protocol: 'pop3', tls: 'starttls', reveals: 'product', hello: { expect: '+OK ' } },
    pop3s: { protocol: 'pop3', tls: 'implicit', reveals: 'product', hello: { expect: '+OK ' } },
  },
  start: async ({ dir, address, ports, certificate: { key, cert } }) => {
    const service = (name: 'imap' | 'pop3') => `service ${name}-login {
  inet_listener ${name} {\n    port = ${ports[name]}\n  }
  inet_listener ${name}s {\n    port = ${ports[`${name}s`]}\n    ssl = yes\n  }
}
`;
    const config = `base_dir = ${dir}/run
state_dir = ${dir}/state
listen = ${address}
protocols = imap pop3
log_path = /dev/stderr
ssl = yes
ssl_cert = <${cert}
ssl_key = <${key}
disable_plaintext_auth = no
mail_location = maildir:${dir}/mail/%u
passdb {\n  driver = static\n  args = password=not-the-default\n}
userdb {\n  driver = static\n  args = uid=nobody gid=nogroup home=${dir}/mail/%u\n}
${service('imap')}${service('pop3')}`;
    await writeFile(join(dir, 'dovecot.conf'), config);
    return { command: 'dovecot', args: ['-F', '-c', join(dir, 'dovecot.conf')] };
  },
});
