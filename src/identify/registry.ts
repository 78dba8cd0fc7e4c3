import type { Protocol } from './plugin.ts';
import { adb } from './protocols/adb.ts';
import { aerospike } from './protocols/aerospike.ts';
import { airflow } from './protocols/airflow.ts';
import { ajp } from './protocols/ajp.ts';
import { alertmanager } from './protocols/alertmanager.ts';
import { amqp } from './protocols/amqp.ts';
import { arangodb } from './protocols/arangodb.ts';
import { argoCd } from './protocols/argo-cd.ts';
import { beanstalkd } from './protocols/beanstalkd.ts';
import { bgp } from './protocols/bgp.ts';
import { bolt } from './protocols/bolt.ts';
import { cassandra } from './protocols/cassandra.ts';
import { clamd } from './protocols/clamd.ts';
import { clickhouse } from './protocols/clickhouse.ts';
import { cockpit } from './protocols/cockpit.ts';
import { comfyui } from './protocols/comfyui.ts';
import { consul } from './protocols/consul.ts';
import { couchdb } from './protocols/couchdb.ts';
import { cups } from './protocols/cups.ts';
import { dict } from './protocols/dict.ts';
import { dns } from './protocols/dns.ts';
import { docker } from './protocols/docker.ts';
import { dockerRegistry } from './protocols/docker-registry.ts';
import { elasticsearch } from './protocols/elasticsearch.ts';
import { epmd } from './protocols/epmd.ts';
import { etcd } from './protocols/etcd.ts';
import { ethernetIp } from './protocols/ethernet-ip.ts';
import { fastcgi } from './protocols/fastcgi.ts';
import { finger } from './protocols/finger.ts';
import { flink } from './protocols/flink.ts';
import { ftp } from './protocols/ftp.ts';
import { gearman } from './protocols/gearman.ts';
import { git } from './protocols/git.ts';
import { gitea } from './protocols/gitea.ts';
import { gitlab } from './protocols/gitlab.ts';
import { gpsd } from './protocols/gpsd.ts';
import { gradio } from './protocols/gradio.ts';
import { grafana } from './protocols/grafana.ts';
import { hadoop } from './protocols/hadoop.ts';
import { homeAssistant } from './protocols/home-assistant.ts';
import { http } from './protocols/http.ts';
import { http2 } from './protocols/http2.ts';
import { https } from './protocols/https.ts';
import { ident } from './protocols/ident.ts';
import { iec104 } from './protocols/iec104.ts';
import { imap } from './protocols/imap.ts';
import { influxdb } from './protocols/influxdb.ts';
import { irc } from './protocols/irc.ts';
import { iscsi } from './protocols/iscsi.ts';
import { javaRmi } from './protocols/java-rmi.ts';
import { jdwp } from './protocols/jdwp.ts';
import { jellyfin } from './protocols/jellyfin.ts';
import { jenkins } from './protocols/jenkins.ts';
import { jupyter } from './protocols/jupyter.ts';
import { kafka } from './protocols/kafka.ts';
import { kerberos } from './protocols/kerberos.ts';
import { kibana } from './protocols/kibana.ts';
import { kubernetes } from './protocols/kubernetes.ts';
import { ldap } from './protocols/ldap.ts';
import { managesieve } from './protocols/managesieve.ts';
import { mariadb } from './protocols/mariadb.ts';
import { memcached } from './protocols/memcached.ts';
import { minecraft } from './protocols/minecraft.ts';
import { minio } from './protocols/minio.ts';
import { modbus } from './protocols/modbus.ts';
import { modelServer } from './protocols/model-server.ts';
import { mongodb } from './protocols/mongodb.ts';
import { mpd } from './protocols/mpd.ts';
import { mqtt } from './protocols/mqtt.ts';
import { msrpc } from './protocols/msrpc.ts';
import { mssql } from './protocols/mssql.ts';
import { muninNode } from './protocols/munin-node.ts';
import { mysql } from './protocols/mysql.ts';
import { mysqlx } from './protocols/mysqlx.ts';
import { nats } from './protocols/nats.ts';
import { neo4j } from './protocols/neo4j.ts';
import { netdata } from './protocols/netdata.ts';
import { nextcloud } from './protocols/nextcloud.ts';
import { nexus } from './protocols/nexus.ts';
import { nfs } from './protocols/nfs.ts';
import { nntp } from './protocols/nntp.ts';
import { nomad } from './protocols/nomad.ts';
import { nut } from './protocols/nut.ts';
import { ollama } from './protocols/ollama.ts';
import { opcUa } from './protocols/opc-ua.ts';
import { openwire } from './protocols/openwire.ts';
import { oracleTns } from './protocols/oracle-tns.ts';
import { phpmyadmin } from './protocols/phpmyadmin.ts';
import { plex } from './protocols/plex.ts';
import { pop3 } from './protocols/pop3.ts';
import { portainer } from './protocols/portainer.ts';
import { postgresql } from './protocols/postgresql.ts';
import { pptp } from './protocols/pptp.ts';
import { prometheus } from './protocols/prometheus.ts';
import { prometheusExporter } from './protocols/prometheus-exporter.ts';
import { proxmox } from './protocols/proxmox.ts';
import { qdrant } from './protocols/qdrant.ts';
import { rabbitmqManagement } from './protocols/rabbitmq-management.ts';
import { ray } from './protocols/ray.ts';
import { rdp } from './protocols/rdp.ts';
import { redis } from './protocols/redis.ts';
import { rethinkdb } from './protocols/rethinkdb.ts';
import { rpcbind } from './protocols/rpcbind.ts';
import { rsync } from './protocols/rsync.ts';
import { rtsp } from './protocols/rtsp.ts';
import { s7 } from './protocols/s7.ts';
import { sip } from './protocols/sip.ts';
import { smb } from './protocols/smb.ts';
import { smtp } from './protocols/smtp.ts';
import { socks5 } from './protocols/socks5.ts';
import { solr } from './protocols/solr.ts';
import { sonarqube } from './protocols/sonarqube.ts';
import { spamd } from './protocols/spamd.ts';
import { spark } from './protocols/spark.ts';
import { ssh } from './protocols/ssh.ts';
import { stomp } from './protocols/stomp.ts';
import { svn } from './protocols/svn.ts';
import { syncthing } from './protocols/syncthing.ts';
import { teamcity } from './protocols/teamcity.ts';
import { telnet } from './protocols/telnet.ts';
import { tls } from './protocols/tls.ts';
import { traefik } from './protocols/traefik.ts';
import { unifi } from './protocols/unifi.ts';
import { vault } from './protocols/vault.ts';
import { vmwareAuth } from './protocols/vmware-auth.ts';
import { vnc } from './protocols/vnc.ts';
import { weaviate } from './protocols/weaviate.ts';
import { webmin } from './protocols/webmin.ts';
import { x11 } from './protocols/x11.ts';
import { xmpp } from './protocols/xmpp.ts';
import { zabbixAgent } from './protocols/zabbix-agent.ts';
import { zeromq } from './protocols/zeromq.ts';
import { zookeeper } from './protocols/zookeeper.ts';

/** Every protocol of the folder `protocols/`, in file-name order; a test holds the two together. */
export const PROTOCOLS: readonly Protocol[] = [
  adb,
  aerospike,
  airflow,
  ajp,
  alertmanager,
  amqp,
  arangodb,
  argoCd,
  beanstalkd,
  bgp,
  bolt,
  cassandra,
  clamd,
  clickhouse,
  cockpit,
  comfyui,
  consul,
  couchdb,
  cups,
  dict,
  dns,
  docker,
  dockerRegistry,
  elasticsearch,
  epmd,
  etcd,
  ethernetIp,
  fastcgi,
  finger,
  flink,
  ftp,
  gearman,
  git,
  gitea,
  gitlab,
  gpsd,
  gradio,
  grafana,
  hadoop,
  homeAssistant,
  http,
  http2,
  https,
  ident,
  iec104,
  imap,
  influxdb,
  irc,
  iscsi,
  javaRmi,
  jdwp,
  jellyfin,
  jenkins,
  jupyter,
  kafka,
  kerberos,
  kibana,
  kubernetes,
  ldap,
  managesieve,
  mariadb,
  memcached,
  minecraft,
  minio,
  modbus,
  modelServer,
  mongodb,
  mpd,
  mqtt,
  msrpc,
  mssql,
  muninNode,
  mysql,
  mysqlx,
  nats,
  neo4j,
  netdata,
  nextcloud,
  nexus,
  nfs,
  nntp,
  nomad,
  nut,
  ollama,
  opcUa,
  openwire,
  oracleTns,
  phpmyadmin,
  plex,
  pop3,
  portainer,
  postgresql,
  pptp,
  prometheus,
  prometheusExporter,
  proxmox,
  qdrant,
  rabbitmqManagement,
  ray,
  rdp,
  redis,
  rethinkdb,
  rpcbind,
  rsync,
  rtsp,
  s7,
  sip,
  smb,
  smtp,
  socks5,
  solr,
  sonarqube,
  spamd,
  spark,
  ssh,
  stomp,
  svn,
  syncthing,
  teamcity,
  telnet,
  tls,
  traefik,
  unifi,
  vault,
  vmwareAuth,
  vnc,
  weaviate,
  webmin,
  x11,
  xmpp,
  zabbixAgent,
  zeromq,
  zookeeper,
];
