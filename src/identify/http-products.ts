import { cpe23 } from './cpe.ts';
import { fieldOf, fieldsNamed, type HttpResponse } from './http-message.ts';

/** A piece of software that an HTTP response names. */
export interface Software {
  readonly product: string;
  readonly version?: string;
  readonly cpe?: string;
}

/** Product token of a Server or X-Powered-By field → name for people, and NVD vendor:product. */
type Entry = readonly [product: string, cpe?: string];

/** Keys in lower case, as the product token stands before `/`, `(` or a space. */
const PRODUCTS: Readonly<Record<string, Entry>> = {
  // web servers and proxies
  nginx: ['nginx', 'f5:nginx'],
  apache: ['Apache httpd', 'apache:http_server'],
  'apache-coyote': ['Apache Tomcat', 'apache:tomcat'],
  ats: ['Apache Traffic Server', 'apache:traffic_server'],
  lighttpd: ['lighttpd', 'lighttpd:lighttpd'],
  caddy: ['Caddy', 'caddyserver:caddy'],
  'microsoft-iis': ['Microsoft IIS', 'microsoft:internet_information_services'],
  'microsoft-httpapi': ['Microsoft HTTPAPI'],
  openresty: ['OpenResty', 'openresty:openresty'],
  tengine: ['Tengine', 'alibaba:tengine'],
  litespeed: ['LiteSpeed', 'litespeedtech:litespeed_web_server'],
  envoy: ['Envoy', 'envoyproxy:envoy'],
  haproxy: ['HAProxy', 'haproxy:haproxy'],
  h2o: ['H2O', 'dena:h2o'],
  traefik: ['Traefik', 'traefik:traefik'],
  squid: ['Squid', 'squid-cache:squid'],
  varnish: ['Varnish', 'varnish-software:varnish_cache'],
  nghttpx: ['nghttpx', 'nghttp2:nghttp2'],
  nghttpd: ['nghttpd', 'nghttp2:nghttp2'],
  kestrel: ['Kestrel', 'microsoft:asp.net_core'],
  cherokee: ['Cherokee', 'cherokee-project:cherokee'],
  hiawatha: ['Hiawatha', 'hiawatha-webserver:hiawatha'],
  abyss: ['Abyss Web Server', 'aprelium:abyss_web_server'],
  yaws: ['Yaws', 'yaws:yaws'],
  monkey: ['Monkey', 'monkey-project:monkey'],
  ibm_http_server: ['IBM HTTP Server', 'ibm:http_server'],
  'oracle-http-server': ['Oracle HTTP Server', 'oracle:http_server'],
  'oracle-application-server-11g': ['Oracle HTTP Server', 'oracle:http_server'],
  // application servers and frameworks
  jetty: ['Jetty', 'eclipse:jetty'],
  mortbay: ['Jetty', 'eclipse:jetty'],
  tomcat: ['Apache Tomcat', 'apache:tomcat'],
  undertow: ['Undertow', 'redhat:undertow'],
  wildfly: ['WildFly', 'redhat:wildfly'],
  jboss: ['JBoss', 'redhat:jboss_enterprise_application_platform'],
  weblogic: ['Oracle WebLogic', 'oracle:weblogic_server'],
  glassfish: ['GlassFish', 'eclipse:glassfish'],
  grizzly: ['Grizzly', 'eclipse:grizzly'],
  'akka-http': ['Akka HTTP', 'lightbend:akka_http'],
  gunicorn: ['gunicorn', 'gunicorn:gunicorn'],
  uvicorn: ['uvicorn', 'encode:uvicorn'],
  hypercorn: ['Hypercorn', 'pgjones:hypercorn'],
  'hypercorn-h11': ['Hypercorn', 'pgjones:hypercorn'],
  daphne: ['Daphne', 'djangoproject:daphne'],
  waitress: ['waitress', 'agendaless:waitress'],
  werkzeug: ['Werkzeug', 'palletsprojects:werkzeug'],
  tornadoserver: ['Tornado', 'tornadoweb:tornado'],
  cherrypy: ['CherryPy', 'cherrypy:cherrypy'],
  cheroot: ['Cheroot', 'cherrypy:cheroot'],
  aiohttp: ['aiohttp', 'aiohttp:aiohttp'],
  twistedweb: ['Twisted Web', 'twisted:twisted'],
  simplehttp: ['Python http.server', 'python:python'],
  basehttp: ['Python http.server', 'python:python'],
  wsgiserver: ['Python wsgiref', 'python:python'],
  webrick: ['WEBrick', 'ruby-lang:webrick'],
  puma: ['Puma', 'puma:puma'],
  thin: ['Thin', 'macournoyer:thin'],
  unicorn: ['Unicorn'],
  passenger: ['Phusion Passenger', 'phusion:passenger'],
  cowboy: ['Cowboy', 'ninenines:cowboy'],
  mochiweb: ['MochiWeb'],
  express: ['Express', 'openjsf:express'],
  zope: ['Zope', 'zope:zope'],
  fasthttp: ['fasthttp'],
  // runtimes named beside a server
  php: ['PHP', 'php:php'],
  'asp.net': ['ASP.NET', 'microsoft:asp.net'],
  openssl: ['OpenSSL', 'openssl:openssl'],
  mod_ssl: ['mod_ssl'],
  mod_perl: ['mod_perl', 'apache:mod_perl'],
  mod_wsgi: ['mod_wsgi', 'modwsgi:mod_wsgi'],
  mod_jk: ['mod_jk', 'apache:tomcat_connectors'],
  mod_fcgid: ['mod_fcgid', 'apache:mod_fcgid'],
  perl: ['Perl', 'perl:perl'],
  python: ['Python', 'python:python'],
  cpython: ['Python', 'python:python'],
  ruby: ['Ruby', 'ruby-lang:ruby'],
  svn: ['Subversion', 'apache:subversion'],
  dav: ['mod_dav'],
  'next.js': ['Next.js', 'vercel:next.js'],
  servlet: ['Java Servlet'],
  jsp: ['JavaServer Pages'],
  java: ['Java', 'oracle:jdk'],
  plesklin: ['Plesk', 'plesk:plesk'],
  pleskwin: ['Plesk', 'plesk:plesk'],
  // small and embedded
  mini_httpd: ['mini_httpd', 'acme:mini-httpd'],
  thttpd: ['thttpd', 'acme:thttpd'],
  micro_httpd: ['micro_httpd', 'acme:micro_httpd'],
  webfs: ['webfs'],
  boa: ['Boa', 'boa:boa'],
  'goahead-webs': ['GoAhead', 'embedthis:goahead'],
  goahead: ['GoAhead', 'embedthis:goahead'],
  appweb: ['Appweb', 'embedthis:appweb'],
  mongoose: ['Mongoose', 'cesanta:mongoose'],
  civetweb: ['CivetWeb', 'civetweb_project:civetweb'],
  uhttpd: ['uHTTPd'],
  rompager: ['RomPager', 'allegrosoft:rompager'],
  'allegro-software-rompager': ['RomPager', 'allegrosoft:rompager'],
  'virata-emweb': ['EmWeb'],
  gsoap: ['gSOAP', 'genivia:gsoap'],
  libmicrohttpd: ['libmicrohttpd', 'gnu:libmicrohttpd'],
  // devices and applications that answer by themselves
  miniserv: ['Webmin MiniServ', 'webmin:webmin'],
  cups: ['CUPS', 'openprinting:cups'],
  icecast: ['Icecast', 'xiph:icecast'],
  minio: ['MinIO', 'minio:minio'],
  splunkd: ['Splunk', 'splunk:splunk'],
  couchdb: ['Apache CouchDB', 'apache:couchdb'],
  docker: ['Docker Engine', 'docker:engine'],
  libpod: ['Podman', 'podman_project:podman'],
  zabbix: ['Zabbix', 'zabbix:zabbix'],
  'hikvision-webs': ['Hikvision camera'],
  'app-webs': ['Hikvision camera'],
  'dnvrs-webs': ['Hikvision camera'],
  'dahua-webs': ['Dahua camera'],
  routeros: ['MikroTik RouterOS', 'mikrotik:routeros'],
  'pve-api-daemon': ['Proxmox VE', 'proxmox:virtual_environment'],
  kong: ['Kong', 'konghq:kong_gateway'],
  // other people's front ends
  cloudflare: ['Cloudflare'],
  amazons3: ['Amazon S3'],
  awselb: ['AWS Elastic Load Balancing'],
  cloudfront: ['Amazon CloudFront'],
  gws: ['Google Web Server'],
  akamaighost: ['Akamai'],
  vercel: ['Vercel'],
  netlify: ['Netlify'],
  'github.com': ['GitHub Pages'],
  bigip: ['F5 BIG-IP'],
  'big-ip': ['F5 BIG-IP'],
};

/** Names of more than one token, as the field begins; lower case. */
const PHRASES: readonly (readonly [begins: string, token: string])[] = [
  ['phusion passenger(r)', 'passenger'],
  ['phusion passenger', 'passenger'],
  ['apache tomcat', 'tomcat'],
  ['apache-coyote', 'apache-coyote'],
  ['akka http', 'akka-http'],
  ['eclipse glassfish', 'glassfish'],
  ['glassfish server open source edition ', 'glassfish'],
  ['golang fasthttp', 'fasthttp'],
  ['nghttpd nghttp2', 'nghttpd'],
  ['nghttpx nghttp2', 'nghttpx'],
];

/** Tokens whose version is of something else: of the connector, of the protocol, of a library. */
const FOREIGN_VERSION = new Set(['apache-coyote', 'simplehttp', 'basehttp', 'wsgiserver']);
/** A product that stands beside these is what they run in. */
const RUN_IN_PYTHON = new Set(['simplehttp', 'basehttp', 'wsgiserver']);

interface Token {
  readonly name: string;
  version: string | undefined;
}

/** Tokens of RFC 9110 §10.2.4: `name/version (comment) name/version`; also Jetty's `Jetty(9.4.57)`. */
function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const pattern = /\(([^()]{0,200})\)|([^\s/()]{1,64})(?:\/([^\s()]{1,64})|\((\d[^()]{0,64})\))?/g;
  for (const match of text.slice(0, 512).matchAll(pattern)) {
    if (match[2] === undefined || tokens.length >= 16) continue;
    const token = { name: match[2].toLowerCase(), version: match[3] ?? match[4] };
    const before = tokens.at(-1);
    // `Icecast 2.4.4`: a number by itself is the version of what stands before it
    const loose = /^\d[\w.+-]*$/.test(token.name) && before?.version === undefined;
    if (loose && before !== undefined) before.version = token.name;
    else tokens.push(token);
  }
  return tokens;
}

function phraseToken(text: string): Token[] | null {
  const lower = text.toLowerCase();
  const phrase = PHRASES.find(([begins]) => lower.startsWith(begins));
  if (phrase === undefined) return null;
  const version = /^[\s/(]{0,4}(\d[\w.+-]{0,40})/.exec(text.slice(phrase[0].length))?.[1];
  return [{ name: phrase[1], version }];
}

/** Leading digits-and-dots part, what databases of weaknesses know; `9.4.57.v20241219` → `9.4.57`. */
function upstreamVersion(version: string | undefined): string | undefined {
  if (version === undefined || !/^v?\d/.test(version)) return undefined;
  return version.replace(/^v/, '').replace(/\.v\d{8}$/, '');
}

function softwareOf(token: Token, pythonVersion: string | undefined): Software | null {
  const entry = Object.hasOwn(PRODUCTS, token.name) ? PRODUCTS[token.name] : undefined;
  if (entry === undefined) return null;
  const own = FOREIGN_VERSION.has(token.name) ? undefined : upstreamVersion(token.version);
  const version = RUN_IN_PYTHON.has(token.name) ? pythonVersion : own;
  const [vendor, product] = entry[1]?.split(':') ?? [];
  return {
    product: entry[0],
    ...(version !== undefined && { version }),
    ...(vendor !== undefined && product !== undefined && { cpe: cpe23(vendor, product, version) }),
  };
}

/** Software named by the text of a Server, X-Powered-By or Via-like field, in order. */
export function softwareNamed(text: string): Software[] {
  const tokens = phraseToken(text) ?? tokensOf(text);
  const python = upstreamVersion(tokens.find(({ name }) => name === 'python')?.version);
  return tokens.flatMap((token) => softwareOf(token, python) ?? []);
}

/** Software whose name is not in the table: what stands first, if it looks like `name/1.2`. */
function unlisted(server: string): Software[] {
  const match = /^([A-Za-z][\w.+-]{0,62})\/v?(\d[\w.+-]{0,40})/.exec(server);
  if (match?.[1] === undefined || match[2] === undefined) return [];
  return [{ product: match[1], version: match[2] }];
}

/** Fields that name software by themselves, beside Server and X-Powered-By. */
const NAMING_FIELDS: readonly (readonly [field: string, product: string, cpe: string])[] = [
  ['x-aspnet-version', 'ASP.NET', 'microsoft:asp.net'],
  ['x-aspnetmvc-version', 'ASP.NET MVC', 'microsoft:asp.net_model_view_controller'],
  ['x-jenkins', 'Jenkins', 'jenkins:jenkins'],
];

function fromNamingFields(response: HttpResponse): Software[] {
  return NAMING_FIELDS.flatMap(([field, product, cpe]) => {
    const version = upstreamVersion(fieldOf(response, field));
    const [vendor = '', name = ''] = cpe.split(':');
    return version === undefined ? [] : [{ product, version, cpe: cpe23(vendor, name, version) }];
  });
}

/**
 * Everything the header names, the server itself first. At most 32, each product once, the one with
 * a version kept.
 */
export function softwareOfResponse(response: HttpResponse): Software[] {
  const server = fieldOf(response, 'server') ?? '';
  const known = softwareNamed(server);
  const found = [
    ...(known.length > 0 ? known : unlisted(server)),
    ...fieldsNamed(response, 'x-powered-by').flatMap(softwareNamed),
    ...fromNamingFields(response),
  ];
  const best = new Map<string, Software>();
  for (const software of found.slice(0, 32)) {
    if (best.get(software.product)?.version === undefined) best.set(software.product, software);
  }
  return [...best.values()];
}
