import type { ServiceAdvice } from './advice.ts';

/** Web servers, proxies, and what applications are run with. */
export const WEB: readonly ServiceAdvice[] = [
  {
    programs: ['nginx'],
    bind: { file: '/etc/nginx/sites-enabled/', lines: ['listen {address}:{port};'] },
    units: ['nginx.service'],
    note: 'Every server block with this port needs it.',
    source: 'https://nginx.org/en/docs/http/ngx_http_core_module.html#listen',
  },
  {
    programs: ['apache2', 'httpd'],
    bind: { file: '/etc/apache2/ports.conf', lines: ['Listen {address}:{port}'] },
    units: ['apache2.service', 'httpd.service'],
    source: 'https://httpd.apache.org/docs/2.4/bind.html',
  },
  {
    programs: ['caddy'],
    bind: { file: '/etc/caddy/Caddyfile', lines: [':{port} {', '  bind {address}', '}'] },
    units: ['caddy.service'],
    source: 'https://caddyserver.com/docs/caddyfile/directives/bind',
  },
  {
    programs: ['lighttpd'],
    bind: { file: '/etc/lighttpd/lighttpd.conf', lines: ['server.bind = "{address}"'] },
    units: ['lighttpd.service'],
    source: 'https://redmine.lighttpd.net/projects/lighttpd/wiki/Server_bindDetails',
  },
  {
    programs: ['haproxy'],
    bind: { file: '/etc/haproxy/haproxy.cfg', lines: ['bind {address}:{port}'] },
    units: ['haproxy.service'],
    source: 'https://docs.haproxy.org/3.0/configuration.html#4-bind',
  },
  {
    programs: ['traefik'],
    bind: {
      file: '/etc/traefik/traefik.yml',
      lines: ['entryPoints:', '  web:', '    address: "{address}:{port}"'],
    },
    units: ['traefik.service'],
    source: 'https://doc.traefik.io/traefik/routing/entrypoints/',
  },
  {
    programs: ['varnishd', 'varnish'],
    bind: {
      file: '/etc/systemd/system/varnish.service.d/address.conf',
      lines: ['[Service]', 'ExecStart=', 'ExecStart=/usr/sbin/varnishd -F -a {address}:{port} …'],
    },
    units: ['varnish.service'],
    source: 'varnishd(1)',
  },
  {
    programs: ['squid'],
    bind: { file: '/etc/squid/squid.conf', lines: ['http_port {address}:{port}'] },
    units: ['squid.service'],
    source: 'https://www.squid-cache.org/Doc/config/http_port/',
  },
  {
    programs: ['privoxy'],
    bind: { file: '/etc/privoxy/config', lines: ['listen-address {address}:{port}'] },
    units: ['privoxy.service'],
    source: 'https://www.privoxy.org/user-manual/config.html',
  },
  {
    programs: ['danted', 'sockd'],
    bind: { file: '/etc/danted.conf', lines: ['internal: {address} port = {port}'] },
    units: ['danted.service'],
    source: 'danted.conf(5)',
  },
  {
    programs: ['tomcat', 'tomcat9', 'tomcat10', 'tomcat11'],
    bind: {
      file: '/etc/tomcat10/server.xml',
      lines: ['<Connector port="{port}" address="{address}" … />'],
    },
    units: ['tomcat10.service', 'tomcat9.service', 'tomcat.service'],
    source: 'https://tomcat.apache.org/tomcat-10.1-doc/config/http.html',
  },
  {
    programs: ['jenkins'],
    bind: {
      file: '/etc/systemd/system/jenkins.service.d/address.conf',
      lines: ['[Service]', 'Environment="JENKINS_LISTEN_ADDRESS={address}"'],
    },
    units: ['jenkins.service'],
    source: 'https://www.jenkins.io/doc/book/system-administration/systemd-services/',
  },
  {
    programs: ['gitea', 'forgejo'],
    bind: { file: '/etc/gitea/app.ini', lines: ['[server]', 'HTTP_ADDR = {address}'] },
    units: ['gitea.service', 'forgejo.service'],
    source: 'https://docs.gitea.com/administration/config-cheat-sheet',
  },
  {
    programs: ['php-fpm', 'php-fpm8.2', 'php-fpm8.3', 'php-fpm8.4'],
    bind: { file: '/etc/php/VERSION/fpm/pool.d/www.conf', lines: ['listen = {address}:{port}'] },
    units: ['php8.2-fpm.service', 'php8.4-fpm.service', 'php-fpm.service'],
    note: 'A socket file (listen = /run/php/fpm.sock) needs no port at all.',
    source: 'https://www.php.net/manual/en/install.fpm.configuration.php',
  },
  {
    programs: ['php'],
    bind: { file: 'the command that starts it', lines: ['php -S {address}:{port}'] },
    units: [],
    note: 'The built-in server is made for development.',
    source: 'https://www.php.net/manual/en/features.commandline.webserver.php',
  },
  {
    programs: ['gunicorn'],
    bind: { file: 'gunicorn.conf.py', lines: ['bind = "{address}:{port}"'] },
    units: ['gunicorn.socket', 'gunicorn.service'],
    source: 'https://docs.gunicorn.org/en/stable/settings.html#bind',
  },
  {
    programs: ['uvicorn'],
    bind: {
      file: 'the command that starts it',
      lines: ['uvicorn … --host {address} --port {port}'],
    },
    units: [],
    source: 'https://www.uvicorn.org/settings/',
  },
  {
    programs: ['uwsgi'],
    bind: { file: '/etc/uwsgi/apps-enabled/', lines: ['http-socket = {address}:{port}'] },
    units: ['uwsgi.service'],
    source: 'https://uwsgi-docs.readthedocs.io/en/latest/HTTP.html',
  },
  {
    programs: ['puma', 'ruby'],
    bind: { file: 'config/puma.rb', lines: ["bind 'tcp://{address}:{port}'"] },
    units: [],
    source: 'https://puma.io/puma/file.README.html',
  },
  {
    programs: ['jupyter-lab', 'jupyter-noteboo', 'jupyter-notebook', 'jupyter', 'jupyter-server'],
    bind: { file: '~/.jupyter/jupyter_server_config.py', lines: ["c.ServerApp.ip = '{address}'"] },
    units: [],
    source: 'https://jupyter-server.readthedocs.io/en/latest/other/full-config.html',
  },
  {
    programs: ['node', 'nodejs', 'MainThread', 'node-MainThread', 'bun', 'deno'],
    bind: { file: 'the source of the program', lines: ["server.listen({port}, '{address}')"] },
    units: [],
    note: 'Without an address Node listens on all; many frameworks take HOST={address}.',
    source: 'https://nodejs.org/api/net.html#serverlisten',
  },
  {
    programs: ['python3', 'python'],
    bind: {
      file: 'the command that starts it',
      lines: ['python3 -m http.server {port} --bind {address}'],
    },
    units: [],
    note: 'Frameworks name the address in their own way, often --host.',
    source: 'https://docs.python.org/3/library/http.server.html',
  },
  {
    programs: ['java'],
    bind: { file: 'application.properties', lines: ['server.address={address}'] },
    units: [],
    note: 'This is the setting of Spring Boot; other programs have their own. A debugger: address={address}:{port} in -agentlib:jdwp.',
    source: 'https://docs.spring.io/spring-boot/appendix/application-properties/index.html',
  },
  {
    programs: ['ollama'],
    bind: {
      file: '/etc/systemd/system/ollama.service.d/address.conf',
      lines: ['[Service]', 'Environment="OLLAMA_HOST={address}:{port}"'],
    },
    units: ['ollama.service'],
    source: 'https://docs.ollama.com/faq',
  },
  {
    programs: ['hass', 'home-assistant'],
    bind: { file: 'configuration.yaml', lines: ['http:', '  server_host: {address}'] },
    units: ['home-assistant.service'],
    source: 'https://www.home-assistant.io/integrations/http/',
  },
  {
    programs: ['syncthing'],
    bind: { file: 'config.xml', lines: ['<gui …><address>{address}:{port}</address></gui>'] },
    units: ['syncthing.service'],
    source: 'https://docs.syncthing.net/users/config.html',
  },
  {
    programs: ['transmission-daemon', 'transmission-da'],
    bind: {
      file: '/etc/transmission-daemon/settings.json',
      lines: ['"rpc-bind-address": "{address}",'],
    },
    units: ['transmission-daemon.service'],
    note: 'Stop the daemon first: it writes the file when it ends.',
    source:
      'https://github.com/transmission/transmission/blob/main/docs/Editing-Configuration-Files.md',
  },
];
