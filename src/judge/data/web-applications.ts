import type { Level, Severity } from '../../model/verdict.ts';

/** A console, panel or API behind HTTP that strangers have no business with. */
export interface WebApplication {
  readonly name: string;
  /** Word of the plugin that identifies it, where there is one. */
  readonly protocol?: string;
  /** Page titles, whole, with `*` for any text; compared without case. */
  readonly titles: readonly string[];
  /** Names of products as the http plugin writes them; compared without case. */
  readonly products?: readonly string[];
  readonly level: Level;
  readonly severity: Severity;
  /** What who gets in can do: ends "who gets in …". */
  readonly power: string;
  /** How bad it is that it asks for no password; critical unless stated. */
  readonly openSeverity?: Severity;
}

const close = { level: 'close', severity: 'high' } as const;
const restrict = { level: 'restrict', severity: 'medium' } as const;

const MACHINE = 'owns the machine';
const VIRTUAL = 'owns all virtual machines';
const DATA = 'reads and changes all data';
const CODE = 'runs code on the server';
const DEVICE = 'owns the device and the network behind it';
const FIGURES = 'sees the inside of your network';

export const WEB_APPLICATIONS: readonly WebApplication[] = [
  // containers and virtual machines
  { name: 'Portainer', protocol: 'portainer', titles: ['Portainer*'], ...close, power: MACHINE },
  { name: 'Kubernetes Dashboard', titles: ['Kubernetes Dashboard'], ...close, power: MACHINE },
  { name: 'Rancher', titles: ['Rancher*'], ...close, power: 'owns all clusters' },
  {
    name: 'Argo CD',
    protocol: 'argo-cd',
    titles: ['Argo CD'],
    ...close,
    power: 'changes what runs on the clusters',
  },
  {
    name: 'Traefik dashboard',
    protocol: 'traefik',
    openSeverity: 'high',
    titles: ['Traefik', 'Traefik Proxy'],
    ...close,
    power: FIGURES,
  },
  {
    name: 'Proxmox',
    protocol: 'proxmox',
    titles: ['*Proxmox Virtual Environment', '*Proxmox Backup Server', '*Proxmox Mail Gateway'],
    products: ['Proxmox VE'],
    ...close,
    power: VIRTUAL,
  },
  {
    name: 'VMware ESXi or vSphere',
    titles: ['*VMware ESXi*', '*vSphere*', 'VMware Host Client'],
    ...close,
    power: VIRTUAL,
  },
  { name: 'Dozzle', titles: ['Dozzle*'], ...close, power: 'reads the logs of all containers' },
  { name: 'Nomad', protocol: 'nomad', titles: ['Nomad', '*- Nomad'], ...close, power: CODE },
  {
    name: 'Consul',
    protocol: 'consul',
    titles: ['Consul by HashiCorp*', '*- Consul'],
    ...close,
    power: FIGURES,
  },
  {
    name: 'Vault',
    protocol: 'vault',
    titles: ['Vault', 'OpenBao'],
    ...close,
    power: 'reads the keys to the rest',
  },
  // servers
  {
    name: 'Webmin',
    protocol: 'webmin',
    titles: ['Login to Webmin', 'Webmin*', 'Login to Usermin'],
    products: ['Webmin MiniServ'],
    ...close,
    power: MACHINE,
  },
  { name: 'Cockpit', protocol: 'cockpit', titles: ['Cockpit'], ...close, power: MACHINE },
  { name: 'iDRAC', titles: ['*iDRAC*'], ...close, power: MACHINE },
  {
    name: 'HPE iLO',
    titles: ['iLO*', 'HPE iLO*', 'HP Integrated Lights-Out*'],
    ...close,
    power: MACHINE,
  },
  { name: 'Supervisor', titles: ['Supervisor Status'], ...close, power: CODE },
  {
    name: 'HAProxy statistics',
    titles: ['Statistics Report for HAProxy*'],
    ...close,
    power: FIGURES,
  },
  { name: 'cPanel', titles: ['cPanel Login'], ...restrict, power: 'changes its sites and mail' },
  { name: 'WHM', titles: ['WHM Login'], ...restrict, power: 'owns the server and its sites' },
  {
    name: 'Plesk',
    titles: ['Plesk*'],
    products: ['Plesk'],
    ...restrict,
    power: 'changes its sites',
  },
  { name: 'DirectAdmin', titles: ['DirectAdmin*'], ...restrict, power: 'changes its sites' },
  {
    name: 'Nginx Proxy Manager',
    titles: ['Nginx Proxy Manager'],
    ...close,
    power: 'redirects every site',
  },
  // databases and queues
  {
    name: 'phpMyAdmin',
    protocol: 'phpmyadmin',
    titles: ['phpMyAdmin*', '*| phpMyAdmin*'],
    ...close,
    power: DATA,
  },
  { name: 'Adminer', titles: ['*- Adminer*', 'Adminer*'], ...close, power: DATA },
  { name: 'pgAdmin', titles: ['pgAdmin*'], ...close, power: DATA },
  { name: 'mongo-express', titles: ['*Mongo Express'], ...close, power: DATA },
  { name: 'Redis Commander', titles: ['Redis Commander*'], ...close, power: DATA },
  { name: 'RedisInsight', titles: ['RedisInsight', 'Redis Insight'], ...close, power: DATA },
  { name: 'Solr', protocol: 'solr', titles: ['Solr Admin'], ...close, power: CODE },
  { name: 'H2 Console', titles: ['H2 Console'], ...close, power: CODE },
  { name: 'InfluxDB', protocol: 'influxdb', titles: ['InfluxDB*'], ...close, power: DATA },
  {
    name: 'Apache CouchDB',
    titles: ['Project Fauxton*'],
    products: ['Apache CouchDB'],
    ...close,
    power: DATA,
  },
  {
    name: 'RabbitMQ management',
    protocol: 'rabbitmq-management',
    titles: ['RabbitMQ Management'],
    ...close,
    power: 'reads all queues',
  },
  { name: 'ActiveMQ console', titles: ['Apache ActiveMQ*'], ...close, power: 'reads all queues' },
  { name: 'EMQX dashboard', titles: ['*EMQX*'], ...close, power: 'reads all messages' },
  {
    name: 'Kafka UI',
    titles: ['UI for Apache Kafka', 'Kafka UI', 'AKHQ*', 'Redpanda Console'],
    ...close,
    power: 'reads all messages',
  },
  {
    name: 'MinIO',
    protocol: 'minio',
    titles: ['MinIO Console', 'MinIO Browser'],
    products: ['MinIO'],
    ...restrict,
    power: 'reads all stored objects',
  },
  {
    name: 'Spark',
    protocol: 'spark',
    titles: ['Spark Master at*', 'Spark Worker at*'],
    ...close,
    power: CODE,
  },
  { name: 'Flink dashboard', protocol: 'flink', titles: ['Apache Flink*'], ...close, power: CODE },
  {
    name: 'Hadoop',
    protocol: 'hadoop',
    titles: ['Namenode information', 'Hadoop Administration', '*All Applications'],
    ...close,
    power: DATA,
  },
  {
    name: 'Airflow',
    protocol: 'airflow',
    titles: ['*- Airflow', 'Airflow*'],
    ...restrict,
    power: CODE,
  },
  // monitoring
  {
    name: 'Prometheus',
    protocol: 'prometheus',
    openSeverity: 'high',
    titles: ['Prometheus Time Series*', 'Prometheus'],
    ...close,
    power: FIGURES,
  },
  {
    name: 'Alertmanager',
    protocol: 'alertmanager',
    openSeverity: 'high',
    titles: ['Alertmanager'],
    ...close,
    power: 'silences your alarms',
  },
  {
    name: 'Kibana',
    protocol: 'kibana',
    titles: ['Kibana', 'Elastic', 'OpenSearch Dashboards*'],
    ...close,
    power: DATA,
  },
  {
    name: 'Netdata',
    protocol: 'netdata',
    openSeverity: 'medium',
    titles: ['Netdata*', 'netdata dashboard'],
    ...close,
    power: FIGURES,
  },
  { name: 'Jaeger', titles: ['Jaeger UI'], ...close, power: FIGURES },
  {
    name: 'Grafana',
    protocol: 'grafana',
    openSeverity: 'high',
    titles: ['Grafana'],
    ...restrict,
    power: FIGURES,
  },
  {
    name: 'Zabbix',
    titles: ['*: Zabbix', 'Zabbix'],
    products: ['Zabbix'],
    ...restrict,
    power: 'runs commands on monitored machines',
  },
  { name: 'Nagios', titles: ['Nagios: *', 'Nagios Core', 'Nagios'], ...restrict, power: FIGURES },
  { name: 'Icinga', titles: ['Icinga Web*'], ...restrict, power: FIGURES },
  { name: 'Graylog', titles: ['Graylog Web Interface'], ...restrict, power: 'reads all logs' },
  {
    name: 'Splunk',
    titles: ['*| Splunk*', 'Splunk*'],
    products: ['Splunk'],
    ...restrict,
    power: 'reads all logs',
  },
  { name: 'Uptime Kuma', titles: ['Uptime Kuma'], ...restrict, power: FIGURES },
  // development
  {
    name: 'Jenkins',
    protocol: 'jenkins',
    titles: ['*[Jenkins]'],
    products: ['Jenkins'],
    level: 'restrict',
    severity: 'high',
    power: 'gets the keys to production',
  },
  {
    name: 'TeamCity',
    protocol: 'teamcity',
    titles: ['*TeamCity*'],
    level: 'restrict',
    severity: 'high',
    power: 'gets the keys to production',
  },
  {
    name: 'SonarQube',
    protocol: 'sonarqube',
    openSeverity: 'high',
    titles: ['SonarQube*'],
    ...restrict,
    power: 'reads the source code',
  },
  {
    name: 'Nexus Repository',
    protocol: 'nexus',
    openSeverity: 'high',
    titles: ['Nexus Repository*', 'Sonatype Nexus*'],
    ...restrict,
    power: 'changes what gets built and deployed',
  },
  {
    name: 'Artifactory',
    titles: ['JFrog', 'Artifactory*'],
    ...restrict,
    power: 'changes what gets built and deployed',
  },
  {
    name: 'Tomcat',
    titles: ['Apache Tomcat/*'],
    ...restrict,
    power: 'deploys programs through its manager',
  },
  {
    name: 'WebLogic console',
    titles: ['*WebLogic Server Administration Console'],
    ...close,
    power: CODE,
  },
  { name: 'n8n', titles: ['n8n*'], ...restrict, power: 'gets the keys to all connected services' },
  // artificial intelligence
  {
    name: 'Jupyter',
    protocol: 'jupyter',
    titles: ['Jupyter*', 'Home Page - Select or create a notebook', 'JupyterLab*'],
    ...close,
    power: CODE,
  },
  {
    name: 'Ray dashboard',
    protocol: 'ray',
    titles: ['Ray Dashboard'],
    level: 'close',
    severity: 'critical',
    power: CODE,
  },
  { name: 'MLflow', titles: ['MLflow'], ...close, power: 'reads and replaces models' },
  { name: 'ComfyUI', protocol: 'comfyui', titles: ['ComfyUI'], ...close, power: CODE },
  { name: 'Stable Diffusion web interface', titles: ['Stable Diffusion*'], ...close, power: CODE },
  { name: 'Langflow', titles: ['Langflow'], ...close, power: CODE },
  {
    name: 'Open WebUI',
    titles: ['Open WebUI', '*(Open WebUI)'],
    ...restrict,
    power: 'reads conversations and uses your models',
  },
  // devices
  {
    name: 'MikroTik RouterOS',
    titles: ['RouterOS*', 'RouterOS router configuration page'],
    products: ['MikroTik RouterOS'],
    ...close,
    power: DEVICE,
  },
  { name: 'OpenWrt', titles: ['*- LuCI', 'LuCI*'], ...close, power: DEVICE },
  { name: 'pfSense', titles: ['pfSense*'], ...close, power: DEVICE },
  { name: 'OPNsense', titles: ['*OPNsense*'], ...close, power: DEVICE },
  { name: 'FRITZ!Box', titles: ['FRITZ!Box*'], ...close, power: DEVICE },
  {
    name: 'UniFi',
    protocol: 'unifi',
    titles: ['UniFi Network*', 'UniFi OS*'],
    ...close,
    power: DEVICE,
  },
  {
    name: 'Synology DSM',
    titles: ['*Synology*'],
    ...restrict,
    power: 'reads and encrypts all files',
  },
  { name: 'QNAP', titles: ['*QNAP*'], ...restrict, power: 'reads and encrypts all files' },
  {
    name: 'a Hikvision camera',
    titles: [],
    products: ['Hikvision camera'],
    ...close,
    power: 'watches and joins it to a botnet',
  },
  {
    name: 'a Dahua camera',
    titles: [],
    products: ['Dahua camera'],
    ...close,
    power: 'watches and joins it to a botnet',
  },
  {
    name: 'Home Assistant',
    protocol: 'home-assistant',
    titles: ['Home Assistant'],
    ...restrict,
    power: 'opens doors and switches everything in the house',
  },
  {
    name: 'CUPS',
    protocol: 'cups',
    openSeverity: 'high',
    titles: ['Home - CUPS*'],
    products: ['CUPS'],
    ...close,
    power: 'prints and changes printers',
  },
  {
    name: 'Gradio',
    protocol: 'gradio',
    titles: [],
    ...close,
    power: 'uses your models and sometimes runs code',
  },
  {
    name: 'Syncthing',
    protocol: 'syncthing',
    titles: ['Syncthing*'],
    ...close,
    power: 'shares any folder with himself',
  },
  {
    name: 'a Docker registry',
    protocol: 'docker-registry',
    titles: [],
    ...restrict,
    power: 'reads and replaces the images that you run',
  },
  {
    name: 'Jellyfin or Emby',
    protocol: 'jellyfin',
    titles: ['Jellyfin', 'Emby'],
    ...restrict,
    power: 'sees your library and your home network',
    openSeverity: 'high',
  },
  {
    name: 'Plex',
    protocol: 'plex',
    titles: ['Plex'],
    ...restrict,
    power: 'sees your library and your home network',
    openSeverity: 'high',
  },
  {
    name: 'Ollama',
    protocol: 'ollama',
    titles: [],
    ...close,
    power: 'uses your graphics cards, and reads and deletes models',
  },
  {
    name: 'a model server',
    protocol: 'model-server',
    titles: [],
    ...close,
    power: 'uses your graphics cards at your cost',
    openSeverity: 'high',
  },
  {
    name: 'a Prometheus exporter',
    protocol: 'prometheus-exporter',
    titles: [],
    level: 'close',
    severity: 'medium',
    power: FIGURES,
    openSeverity: 'medium',
  },
  { name: 'Qdrant', protocol: 'qdrant', titles: ['Qdrant*'], ...close, power: DATA },
  { name: 'Weaviate', protocol: 'weaviate', titles: [], ...close, power: DATA },
  { name: 'ArangoDB', protocol: 'arangodb', titles: ['ArangoDB*'], ...close, power: DATA },
  { name: 'Neo4j', protocol: 'neo4j', titles: ['Neo4j Browser'], ...close, power: DATA },
  { name: 'ClickHouse', protocol: 'clickhouse', titles: [], ...close, power: DATA },
];
