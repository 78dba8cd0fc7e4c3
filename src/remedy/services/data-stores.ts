import type { ServiceAdvice } from './advice.ts';

/** Databases, caches and queues. */
export const DATA_STORES: readonly ServiceAdvice[] = [
  {
    programs: ['mysqld', 'mysql'],
    bind: {
      file: '/etc/mysql/mysql.conf.d/mysqld.cnf',
      lines: ['[mysqld]', 'bind-address = {address}', 'mysqlx-bind-address = {address}'],
    },
    units: ['mysql.service'],
    source: 'https://dev.mysql.com/doc/refman/8.4/en/server-system-variables.html',
  },
  {
    programs: ['mariadbd', 'mariadb'],
    bind: {
      file: '/etc/mysql/mariadb.conf.d/50-server.cnf',
      lines: ['[mysqld]', 'bind-address = {address}'],
    },
    units: ['mariadb.service'],
    source:
      'https://mariadb.com/docs/server/server-management/variables-and-modes/server-system-variables',
  },
  {
    programs: ['postgres', 'postgresql'],
    bind: {
      file: '/etc/postgresql/VERSION/main/postgresql.conf',
      lines: ["listen_addresses = '{address}'"],
    },
    units: ['postgresql.service'],
    note: 'pg_hba.conf says besides who may log in from where.',
    source: 'https://www.postgresql.org/docs/current/runtime-config-connection.html',
  },
  {
    programs: ['pgbouncer'],
    bind: {
      file: '/etc/pgbouncer/pgbouncer.ini',
      lines: ['[pgbouncer]', 'listen_addr = {address}'],
    },
    units: ['pgbouncer.service'],
    source: 'https://www.pgbouncer.org/config.html',
  },
  {
    programs: ['redis-server'],
    bind: { file: '/etc/redis/redis.conf', lines: ['bind {address}', 'protected-mode yes'] },
    units: ['redis-server.service', 'redis.service'],
    source: 'https://redis.io/docs/latest/operate/oss_and_stack/management/security/',
  },
  {
    programs: ['valkey-server'],
    bind: { file: '/etc/valkey/valkey.conf', lines: ['bind {address}', 'protected-mode yes'] },
    units: ['valkey-server.service', 'valkey.service'],
    source: 'https://valkey.io/topics/security/',
  },
  {
    programs: ['memcached'],
    bind: { file: '/etc/memcached.conf', lines: ['-l {address}', '-U 0'] },
    units: ['memcached.service'],
    note: '-U 0 switches UDP off, which others use to amplify attacks.',
    source: 'memcached(1)',
  },
  {
    programs: ['mongod', 'mongodb'],
    bind: { file: '/etc/mongod.conf', lines: ['net:', '  bindIp: {address}'] },
    units: ['mongod.service', 'mongodb.service'],
    source: 'https://www.mongodb.com/docs/manual/reference/configuration-options/',
  },
  {
    programs: ['elasticsearch'],
    bind: { file: '/etc/elasticsearch/elasticsearch.yml', lines: ['network.host: {address}'] },
    units: ['elasticsearch.service'],
    source:
      'https://www.elastic.co/docs/reference/elasticsearch/configuration-reference/networking-settings',
  },
  {
    programs: ['opensearch'],
    bind: { file: '/etc/opensearch/opensearch.yml', lines: ['network.host: {address}'] },
    units: ['opensearch.service'],
    source:
      'https://docs.opensearch.org/latest/install-and-configure/configuring-opensearch/network-settings/',
  },
  {
    programs: ['cassandra'],
    bind: {
      file: '/etc/cassandra/cassandra.yaml',
      lines: ['rpc_address: {address}', 'listen_address: {address}'],
    },
    units: ['cassandra.service'],
    note: 'listen_address is what the other nodes of a cluster talk to.',
    source:
      'https://cassandra.apache.org/doc/latest/cassandra/managing/configuration/cass_yaml_file.html',
  },
  {
    programs: ['clickhouse-server', 'clickhouse-serv', 'clickhouse'],
    bind: {
      file: '/etc/clickhouse-server/config.d/listen.xml',
      lines: ['<clickhouse><listen_host replace="replace">{address}</listen_host></clickhouse>'],
    },
    units: ['clickhouse-server.service'],
    source: 'https://clickhouse.com/docs/operations/server-configuration-parameters/settings',
  },
  {
    programs: ['influxd', 'influxdb'],
    bind: { file: '/etc/influxdb/config.toml', lines: ['http-bind-address = "{address}:{port}"'] },
    units: ['influxdb.service'],
    note: 'Version 1 has it as bind-address under [http] in /etc/influxdb/influxdb.conf.',
    source: 'https://docs.influxdata.com/influxdb/v2/reference/config-options/',
  },
  {
    programs: ['couchdb'],
    bind: { file: '/opt/couchdb/etc/local.ini', lines: ['[chttpd]', 'bind_address = {address}'] },
    units: ['couchdb.service'],
    source: 'https://docs.couchdb.org/en/stable/config/http.html',
  },
  {
    programs: ['neo4j'],
    bind: { file: '/etc/neo4j/neo4j.conf', lines: ['server.default_listen_address={address}'] },
    units: ['neo4j.service'],
    source: 'https://neo4j.com/docs/operations-manual/current/configuration/connectors/',
  },
  {
    programs: ['rabbitmq-server', 'rabbitmq'],
    bind: {
      file: '/etc/rabbitmq/rabbitmq.conf',
      lines: ['listeners.tcp.default = {address}:5672', 'management.tcp.ip = {address}'],
    },
    units: ['rabbitmq-server.service'],
    note: 'The port between nodes (25672) is bound in advanced.config with inet_dist_use_interface.',
    source: 'https://www.rabbitmq.com/docs/networking',
  },
  {
    programs: ['epmd'],
    bind: {
      file: '/etc/systemd/system/epmd.socket.d/address.conf',
      lines: ['[Socket]', 'ListenStream=', 'ListenStream={address}:{port}'],
    },
    units: ['epmd.socket', 'epmd.service'],
    note: 'Started by RabbitMQ itself it takes ERL_EPMD_ADDRESS={address} from the environment.',
    source: 'https://www.erlang.org/doc/apps/erts/epmd_cmd.html',
  },
  {
    programs: ['kafka'],
    bind: {
      file: '/etc/kafka/server.properties',
      lines: ['listeners=PLAINTEXT://{address}:{port}'],
    },
    units: ['kafka.service'],
    source: 'https://kafka.apache.org/documentation/#brokerconfigs_listeners',
  },
  {
    programs: ['zookeeper'],
    bind: { file: '/etc/zookeeper/conf/zoo.cfg', lines: ['clientPortAddress={address}'] },
    units: ['zookeeper.service'],
    source: 'https://zookeeper.apache.org/doc/current/zookeeperAdmin.html',
  },
  {
    programs: ['nats-server'],
    bind: { file: '/etc/nats-server.conf', lines: ['listen: {address}:{port}'] },
    units: ['nats-server.service'],
    source: 'https://docs.nats.io/running-a-nats-service/configuration',
  },
  {
    programs: ['mosquitto'],
    bind: { file: '/etc/mosquitto/conf.d/listener.conf', lines: ['listener {port} {address}'] },
    units: ['mosquitto.service'],
    source: 'mosquitto.conf(5)',
  },
  {
    programs: ['minio'],
    bind: {
      file: '/etc/default/minio',
      lines: ['MINIO_OPTS="--address {address}:9000 --console-address {address}:9001"'],
    },
    units: ['minio.service'],
    source:
      'https://docs.min.io/community/minio-object-store/reference/minio-server/minio-server.html',
  },
  {
    programs: ['etcd'],
    bind: { file: '/etc/default/etcd', lines: ['ETCD_LISTEN_CLIENT_URLS="http://{address}:2379"'] },
    units: ['etcd.service'],
    note: 'Members of a cluster reach each other by ETCD_LISTEN_PEER_URLS (2380).',
    source: 'https://etcd.io/docs/latest/op-guide/configuration/',
  },
  {
    programs: ['slapd'],
    bind: {
      file: '/etc/default/slapd',
      lines: ['SLAPD_SERVICES="ldap://{address}:389/ ldapi:///"'],
    },
    units: ['slapd.service'],
    source: 'slapd(8)',
  },
];
