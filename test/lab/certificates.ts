import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Paths of PEM files, readable by every user (servers drop their privileges before they read). */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

export type CertificateKind = 'valid' | 'expired' | 'selfSigned';

export interface Certificates extends Record<CertificateKind, Certificate> {
  /** The authority that signed `valid` and `expired`. */
  readonly ca: string;
}

/** Names in every certificate: localhost, 127.0.0.1 and ::1. */
const EXTENSIONS = 'subjectAltName = DNS:localhost,IP:127.0.0.1,IP:::1';

const EXPIRED_FROM = '20200101000000Z';
const EXPIRED_TO = '20210101000000Z';

const CA_CONFIG = `[ca]
default_ca = lab
[lab]
database = index.txt
unique_subject = no
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
x509_extensions = names
[any]
commonName = supplied
[names]
${EXTENSIONS}
basicConstraints = CA:FALSE
`;

/** Makes a certificate authority and one certificate of each kind in `dir`, with EC P-256 keys. */
export async function makeCertificates(dir: string): Promise<Certificates> {
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'ca.cnf'), CA_CONFIG);
  await writeFile(join(dir, 'index.txt'), '');
  const ca = await selfSign(dir, 'ca', '/CN=Postern test authority');
  const selfSigned = await selfSign(dir, 'self-signed', '/CN=localhost', EXTENSIONS);
  const valid = await sign(dir, 'valid', ['-days', '30']);
  const expired = await sign(dir, 'expired', ['-startdate', EXPIRED_FROM, '-enddate', EXPIRED_TO]);
  await run('chmod', ['-R', 'a+rX', dir]);
  return { ca: ca.cert, valid, expired, selfSigned };
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

function paths(dir: string, name: string): Certificate {
  return { key: join(dir, `${name}.key`), cert: join(dir, `${name}.crt`) };
}

async function selfSign(dir: string, name: string, subject: string, ext?: string) {
  const { key, cert } = paths(dir, name);
  const extension = ext === undefined ? [] : ['-addext', ext.replace(' = ', '=')];
  const args = ['req', '-x509', ...NEW_KEY, '-days', '30', '-subj', subject, ...extension];
  await run('openssl', [...args, '-keyout', key, '-out', cert]);
  return { key, cert };
}

async function sign(dir: string, name: string, period: readonly string[]): Promise<Certificate> {
  const { key, cert } = paths(dir, name);
  const request = join(dir, `${name}.csr`);
  await run('openssl', [
    'req',
    ...NEW_KEY,
    '-subj',
    '/CN=localhost',
    '-keyout',
    key,
    '-out',
    request,
  ]);
  const ca = ['-config', 'ca.cnf', '-cert', 'ca.crt', '-keyfile', 'ca.key', '-batch', '-notext'];
  await run('openssl', ['ca', ...ca, ...period, '-in', request, '-out', cert], { cwd: dir });
  return { key, cert };
}
