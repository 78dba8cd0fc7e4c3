import { describe, expect, it } from 'vitest';
import { STRANGERS } from '../../test/helpers/fixture.ts';
import { isGoNotFound, named, redirectsTo, responseIs, setsCookie, titled } from './http-app.ts';
import { readHttpResponse } from './http-message.ts';
import { recognisedIn } from './order.ts';
import { PROTOCOLS } from './registry.ts';

const APPS = PROTOCOLS.filter(({ over }) => over === 'http');

function answer(fields: readonly string[], body = '', status = '200 OK'): Buffer {
  return Buffer.from([`HTTP/1.1 ${status}`, ...fields, '', body].join('\r\n'));
}
const page = (title: string) => answer(['Content-Type: text/html'], `<title>${title}</title>`);
const redirect = (location: string, ...fields: string[]) =>
  answer([`Location: ${location}`, ...fields], '', '302 Found');
const goNotFound = answer(['Content-Type: text/plain'], '404 page not found\n', '404 Not Found');

/** What GET / brings, and who must be asked next because of it. */
const ROOTS: readonly (readonly [name: string, root: Buffer])[] = [
  ['airflow', page('Sign In - Airflow')],
  ['alertmanager', page('Alertmanager')],
  ['arangodb', answer(['Server: ArangoDB'])],
  ['argo-cd', page('Argo CD')],
  ['clickhouse', answer([], 'Ok.\n')],
  ['cockpit', answer(['Set-Cookie: cockpit=deleted'])],
  ['comfyui', page('ComfyUI')],
  ['consul', redirect('/ui/')],
  ['couchdb', answer([], '{"couchdb":"Welcome","version":"3.3.3"}')],
  ['cups', answer(['Server: CUPS/2.4 IPP/2.1'])],
  ['docker', answer([], '{"message":"page not found"}', '404 Not Found')],
  ['docker-registry', answer(['Cache-Control: no-cache'])],
  ['elasticsearch', answer([], '{"tagline":"You Know, for Search"}')],
  ['etcd', goNotFound],
  ['flink', page('Apache Flink Web Dashboard')],
  ['gitea', answer(['Set-Cookie: i_like_gitea=1'])],
  ['gitlab', redirect('http://git.test/users/sign_in')],
  ['gradio', answer([], '<script>window.gradio_config = {}')],
  ['grafana', redirect('/login', 'Set-Cookie: redirect_to=%2F')],
  ['hadoop', redirect('http://h:8088/cluster')],
  ['home-assistant', page('Home Assistant')],
  ['influxdb', answer(['X-Influxdb-Version: 1.6.7'], '404 page not found\n', '404 Not Found')],
  ['jellyfin', redirect('web/index.html')],
  ['jenkins', answer(['X-Jenkins: 2.426.2'], '', '403 Forbidden')],
  ['jupyter', redirect('/lab?')],
  ['kibana', redirect('/login?next=%2F', 'kbn-name: k')],
  ['kubernetes', answer([], '{"kind":"Status","apiVersion":"v1"}', '403 Forbidden')],
  ['minio', answer(['Server: MinIO'], '', '403 Forbidden')],
  ['model-server', answer([], '{"detail":"Not Found"}', '404 Not Found')],
  ['neo4j', answer([], '{"neo4j_version":"5.12.0"}')],
  ['netdata', page('netdata dashboard')],
  ['nextcloud', redirect('/index.php/login')],
  ['nexus', answer(['Server: Nexus/3.61.0-02 (OSS)'])],
  ['nomad', redirect('/ui/')],
  ['ollama', answer([], 'Ollama is running')],
  ['phpmyadmin', page('phpMyAdmin')],
  ['plex', answer(['X-Plex-Protocol: 1.0'], '', '401 Unauthorized')],
  ['portainer', page('Portainer')],
  ['prometheus', redirect('/graph')],
  ['prometheus-exporter', answer([], '<a href="/metrics">Metrics</a>')],
  ['proxmox', answer(['Server: pve-api-daemon/3.0'])],
  ['qdrant', answer([], '{"title":"qdrant - vector search engine"}')],
  ['rabbitmq-management', page('RabbitMQ Management')],
  ['ray', page('Ray Dashboard')],
  ['solr', redirect('/solr/')],
  ['sonarqube', page('SonarQube')],
  ['spark', answer([], '<title>Spark Master at x</title><img src="spark-logo.png">')],
  ['syncthing', answer(['X-Syncthing-Version: v1.27.2'])],
  ['teamcity', answer(['TeamCity-Node-Id: MAIN_SERVER'])],
  ['traefik', goNotFound],
  ['unifi', redirect('/manage')],
  ['vault', redirect('/ui/')],
  ['weaviate', redirect('/v1')],
  ['webmin', answer(['Server: MiniServ/2.105'])],
];

describe('recognises', () => {
  it.each(ROOTS)('%s', (name, root) => {
    expect(recognisedIn(APPS, root, 'bare').map((app) => app.name)).toContain(name);
  });

  it('has a case for each application', () => {
    expect(ROOTS.map(([name]) => name)).toEqual(APPS.map(({ name }) => name).toSorted());
  });

  it('few at a time, since each costs a connection', () => {
    for (const [, root] of ROOTS) {
      expect(recognisedIn(APPS, root, 'bare').length).toBeLessThanOrEqual(5);
    }
  });

  it.each<readonly [string, Uint8Array]>([
    ['nginx', answer(['Server: nginx'], '<title>Welcome to nginx!</title>')],
    ['a page of its own', answer(['Content-Type: text/html'], '<html><h1>Our shop</h1></html>')],
    ['a login of its own', redirect('/account/login')],
    ['a refusal', answer(['WWW-Authenticate: Basic realm="x"'], '', '401 Unauthorized')],
    ...STRANGERS.map((bytes) => [Buffer.from(bytes).toString('latin1'), bytes] as const),
  ])('nobody for %j', (_, root) => {
    expect(recognisedIn(APPS, root, 'bare')).toEqual([]);
  });
});

function read(bytes: Buffer) {
  const response = readHttpResponse(bytes);
  if (response === null) throw new Error('no response');
  return response;
}

describe('marks', () => {
  it('redirects count on any host, and only as redirects', () => {
    expect(redirectsTo(read(redirect('https://h:1/ui/x')), '/ui/')).toBe(true);
    expect(redirectsTo(read(redirect('/account/ui/')), '/ui/')).toBe(false);
    expect(redirectsTo(read(answer(['Location: /ui/'])), '/ui/')).toBe(false);
  });

  it('titles count from their beginning, cookies by their name', () => {
    expect(titled(read(page('Grafana')), 'Graf')).toBe(true);
    expect(titled(read(page('My Grafana')), 'Graf')).toBe(false);
    expect(setsCookie(read(answer(['Set-Cookie: a=b'])), 'a')).toBe(true);
    expect(isGoNotFound(read(goNotFound))).toBe(true);
  });

  it('bytes that are no response have none', () => {
    expect(responseIs(() => true)(Buffer.from('SSH-2.0-x'))).toBe(false);
  });

  it('a name without a CPE or a version has none', () => {
    expect(named('X')).toEqual({ product: 'X' });
    expect(named('X', 'v:p', '1')).toEqual({
      product: 'X',
      version: '1',
      cpe: 'cpe:2.3:a:v:p:1:*:*:*:*:*:*:*',
    });
  });
});
