import type { Level, Severity } from '../../model/verdict.ts';

/** A console, panel or API behind HTTP that strangers have no business with. */
export interface WebApplication {
  readonly name: string;
  /** Page titles, whole, with `*` for any text; compared without case. */
  readonly titles: readonly string[];
  /** Names of products as the http plugin writes them; compared without case. */
  readonly products?: readonly string[];
  readonly level: Level;
  readonly severity: Severity;
  /** What who gets in can do: ends "who gets in …". */
  readonly power: string;
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
  { name: 'Portainer', titles: ['Portainer*'], ...close, power: MACHINE },
  { name: 'Kubernetes Dashboard', titles: ['Kubernetes Dashboard'], ...close, power: MACHINE },
  { name: 'Rancher', titles: ['Rancher*'], ...close, power: 'owns all clusters' },
  { name: 'Argo CD', titles: ['Argo CD'], ...close, power: 'changes what runs on the clusters' },
  { name: 'Traefik dashboard', titles: ['Traefik', 'Traefik Proxy'], ...close, power: FIGURES },
  {
    name: 'Proxmox',
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
  { name: 'Nomad', titles: ['Nomad', '*- Nomad'], ...close, power: CODE },
  { name: 'Consul', titles: ['Consul by HashiCorp*', '*- Consul'], ...close, power: FIGURES },
  { name: 'Vault', titles: ['Vault', 'OpenBao'], ...close, power: 'reads the keys to the rest' },
  // servers
  {
    name: 'Webmin',
    titles: ['Login to Webmin', 'Webmin*', 'Login to Usermin'],
    products: ['Webmin MiniServ'],
    ...close,
    power: MACHINE,
  },
  { name: 'Cockpit', titles: ['Cockpit'], ...close, power: MACHINE },
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
  { name: 'phpMyAdmin', titles: ['phpMyAdmin*', '*| phpMyAdmin*'], ...close, power: DATA },
  { name: 'Adminer', titles: ['*- Adminer*', 'Adminer*'], ...close, power: DATA },
  { name: 'pgAdmin', titles: ['pgAdmin*'], ...close, power: DATA },
  { name: 'mongo-express', titles: ['*Mongo Express'], ...close, power: DATA },
  { name: 'Redis Commander', titles: ['Redis Commander*'], ...close, power: DATA },
  { name: 'RedisInsight', titles: ['RedisInsight', 'Redis Insight'], ...close, power: DATA },
  { name: 'Solr', titles: ['Solr Admin'], ...close, power: CODE },
  { name: 'H2 Console', titles: ['H2 Console'], ...close, power: CODE },
  { name: 'InfluxDB', titles: ['InfluxDB*'], ...close, power: DATA },
  {
    name: 'Apache CouchDB',
    titles: ['Project Fauxton*'],
    products: ['Apache CouchDB'],
    ...close,
    power: DATA,
  },
  {
    name: 'RabbitMQ management',
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
    titles: ['MinIO Console', 'MinIO Browser'],
    products: ['MinIO'],
    ...restrict,
    power: 'reads all stored objects',
  },
  { name: 'Spark', titles: ['Spark Master at*', 'Spark Worker at*'], ...close, power: CODE },
  { name: 'Flink dashboard', titles: ['Apache Flink*'], ...close, power: CODE },
  {
    name: 'Hadoop',
    titles: ['Namenode information', 'Hadoop Administration', '*All Applications'],
    ...close,
    power: DATA,
  },
  { name: 'Airflow', titles: ['*- Airflow', 'Airflow*'], ...restrict, power: CODE },
  // monitoring
  {
    name: 'Prometheus',
    titles: ['Prometheus Time Series*', 'Prometheus'],
    ...close,
    power: FIGURES,
  },
  { name: 'Alertmanager', titles: ['Alertmanager'], ...close, power: 'silences your alarms' },
  {
    name: 'Kibana',
    titles: ['Kibana', 'Elastic', 'OpenSearch Dashboards*'],
    ...close,
    power: DATA,
  },
  { name: 'Netdata', titles: ['Netdata*', 'netdata dashboard'], ...close, power: FIGURES },
  { name: 'Jaeger', titles: ['Jaeger UI'], ...close, power: FIGURES },
  { name: 'Grafana', titles: ['Grafana'], ...restrict, power: FIGURES },
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
    titles: ['*[Jenkins]'],
    products: ['Jenkins'],
    level: 'restrict',
    severity: 'high',
    power: 'gets the keys to production',
  },
  {
    name: 'TeamCity',
    titles: ['*TeamCity*'],
    level: 'restrict',
    severity: 'high',
    power: 'gets the keys to production',
  },
  { name: 'SonarQube', titles: ['SonarQube*'], ...restrict, power: 'reads the source code' },
  {
    name: 'Nexus Repository',
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
    titles: ['Jupyter*', 'Home Page - Select or create a notebook', 'JupyterLab*'],
    ...close,
    power: CODE,
  },
  {
    name: 'Ray dashboard',
    titles: ['Ray Dashboard'],
    level: 'close',
    severity: 'critical',
    power: CODE,
  },
  { name: 'MLflow', titles: ['MLflow'], ...close, power: 'reads and replaces models' },
  { name: 'ComfyUI', titles: ['ComfyUI'], ...close, power: CODE },
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
  { name: 'UniFi', titles: ['UniFi Network*', 'UniFi OS*'], ...close, power: DEVICE },
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
    titles: ['Home Assistant'],
    ...restrict,
    power: 'opens doors and switches everything in the house',
  },
  {
    name: 'CUPS',
    titles: ['Home - CUPS*'],
    products: ['CUPS'],
    ...close,
    power: 'prints and changes printers',
  },
];
