import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskArguments, maskCommand } from './mask-secrets.ts';

const SECRET = 'hunter2';

describe('maskArguments', () => {
  it.each([
    ['redis-server', '--requirepass', SECRET],
    ['redis-server', '--masterauth', SECRET],
    ['app', `--db-password=${SECRET}`],
    ['app', '--dbPassword', SECRET],
    ['java', `-Dspring.datasource.password=${SECRET}`, '-jar', 'app.jar'],
    ['app', `API_KEY=${SECRET}`],
    ['app', '-token', SECRET],
    ['app', '--secret-key', SECRET],
    ['app', `--url=postgres://app:${SECRET}@db/app`],
    ['app', `https://db/?token=${SECRET}&x=1`],
    ['sh', '-c', `PGPASSWORD=${SECRET} exec app --listen :80`],
    ['sh', '-c', `export TOKEN='${SECRET} more'; app`],
    ['app', '-H', `Authorization: Bearer ${SECRET}hunter2`],
    ['app', `/password:${SECRET}`],
    ['sh', '-c', `exec redis-server --requirepass ${SECRET}`],
    ['app', `{"password": "${SECRET}"}`],
    ['app', `PASSWORD="${SECRET}`],
    ['beam.smp', '-sname', 'rabbit', '-setcookie', SECRET],
    ['openssl', 's_server', '-psk', SECRET],
    ['app', `amqp://app:p@${SECRET}@mq/`],
  ])('masks the secret of %s %s %s', (...args) => {
    const masked = maskArguments(args);
    expect(masked).not.toContain(SECRET);
    expect(masked).toContain('***');
  });

  it.each([
    'nginx: master process /usr/sbin/nginx -g daemon on; master_process on;',
    '/usr/sbin/sshd -D -o AuthorizedKeysFile=/etc/keys',
    'dnsmasq --keepalive=5 --port=53 --conf-file=/etc/dnsmasq.conf',
    'app --tls-key-file /etc/app/key.pem --bind [::]:443',
    'postgres: 15/main: walwriter',
    'app --authoritative=yes --monitor=http://127.0.0.1:80/',
    'app --cookie-domain=example.org --cookie-file /etc/cookies',
  ])('leaves %j as it is', (command) => {
    expect(maskArguments(command.split(' '))).toBe(command);
  });

  it('keeps no control characters and no endless texts', () => {
    expect(maskArguments(['a\u001b[31mb\nc'])).toBe('a [31mb c');
    expect(maskArguments(['x'.repeat(100_000)]).length).toBeLessThan(2000);
    expect(maskArguments(Array.from({ length: 10_000 }, () => 'word')).length).toBeLessThan(2000);
  });

  it('never shows the value of an option that is named like a secret', () => {
    const name = fc.constantFrom('password', 'db-passwd', 'api_key', 'auth-token', 'clientSecret');
    const value = fc.stringMatching(/^[A-Z/][A-Z&;,:@"']{11,19}$/);
    fc.assert(
      fc.property(name, value, fc.boolean(), (option, secret, joined) => {
        const sign = joined ? '=' : ' ';
        const args = `--${option}${sign}${secret}`.split(sign);
        const given = joined ? [args.join(sign)] : args;
        expect(maskArguments(['app', ...given])).toBe(`app --${option}${sign}***`);
      }),
    );
  });

  it('takes any text', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 3000 })), (args) => {
        expect(maskArguments(args)).not.toMatch(/[\u0000-\u001f]/);
        expect(maskCommand(args.join(' '))).not.toMatch(/[\u0000-\u001f]/);
      }),
    );
  });
});

it('masks in a command that is one text', () => {
  const command = `"C:\\app\\app.exe" --password "${SECRET} x" -token ${SECRET} --port 80`;
  expect(maskCommand(command)).toBe('"C:\\app\\app.exe" --password *** -token *** --port 80');
});
