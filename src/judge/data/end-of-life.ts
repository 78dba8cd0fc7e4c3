/** A line of versions that its maker no longer repairs. */
export interface EndedLine {
  /** As plugins write `service.product`; compared without case. */
  readonly product: string;
  /** Versions below this one belong to the line or to one that ended before it. */
  readonly before: string;
  /** Day on which the maker's support ended (YYYY-MM-DD). */
  readonly ended: string;
  /** The maker's page that says so. */
  readonly source: string;
}

/** Day on which this table was last brought up to date. */
export const END_OF_LIFE_AS_OF = '2026-11-23';

const APACHE = 'https://httpd.apache.org/';
const PHP = 'https://www.php.net/eol.php';
const MYSQL = 'https://www.oracle.com/us/assets/lifetime-support-technology-069183.pdf';
const MARIADB = 'https://mariadb.org/about/#maintenance-policy';
const POSTGRESQL = 'https://www.postgresql.org/support/versioning/';
const MONGODB = 'https://www.mongodb.com/legal/support-policy/lifecycles';
const MICROSOFT = 'https://learn.microsoft.com/lifecycle/products/';
const BIND = 'https://kb.isc.org/docs/aa-00896';
const TOMCAT = 'https://tomcat.apache.org/whichversion.html';

/**
 * Only lines whose end the maker has announced; of each product the oldest line first. Makers that
 * support nothing but their newest release (OpenSSH, Dovecot, Memcached) are not in it: their old
 * versions live on in distributions, and a banner cannot tell.
 */
export const ENDED_LINES: readonly EndedLine[] = [
  { product: 'Apache httpd', before: '2.4', ended: '2018-01-01', source: APACHE },
  {
    product: 'nginx',
    before: '1.18',
    ended: '2020-04-21',
    source: 'https://nginx.org/en/CHANGES-1.18',
  },
  { product: 'PHP', before: '7.4', ended: '2021-12-06', source: PHP },
  { product: 'PHP', before: '8.0', ended: '2022-11-28', source: PHP },
  { product: 'PHP', before: '8.1', ended: '2023-11-26', source: PHP },
  { product: 'PHP', before: '8.2', ended: '2025-12-31', source: PHP },
  { product: 'MySQL', before: '5.7', ended: '2021-02-28', source: MYSQL },
  { product: 'MySQL', before: '8.0', ended: '2023-10-31', source: MYSQL },
  { product: 'MySQL', before: '8.1', ended: '2026-04-30', source: MYSQL },
  { product: 'MariaDB', before: '10.4', ended: '2023-05-25', source: MARIADB },
  { product: 'MariaDB', before: '10.5', ended: '2024-06-18', source: MARIADB },
  { product: 'MariaDB', before: '10.6', ended: '2025-06-24', source: MARIADB },
  { product: 'MariaDB', before: '10.7', ended: '2026-07-06', source: MARIADB },
  { product: 'PostgreSQL', before: '12', ended: '2023-11-09', source: POSTGRESQL },
  { product: 'PostgreSQL', before: '13', ended: '2024-11-21', source: POSTGRESQL },
  { product: 'PostgreSQL', before: '14', ended: '2025-11-13', source: POSTGRESQL },
  { product: 'PostgreSQL', before: '15', ended: '2026-11-12', source: POSTGRESQL },
  { product: 'MongoDB', before: '4.4', ended: '2023-04-30', source: MONGODB },
  { product: 'MongoDB', before: '5.0', ended: '2024-02-29', source: MONGODB },
  { product: 'MongoDB', before: '6.0', ended: '2024-10-31', source: MONGODB },
  { product: 'MongoDB', before: '7.0', ended: '2025-07-31', source: MONGODB },
  {
    product: 'Redis',
    before: '6.0',
    ended: '2022-04-27',
    source: 'https://redis.io/docs/latest/operate/oss_and_stack/install/version-mgmt/',
  },
  {
    product: 'Elasticsearch',
    before: '7.0',
    ended: '2022-02-10',
    source: 'https://www.elastic.co/support/eol',
  },
  {
    product: 'Elasticsearch',
    before: '8.0',
    ended: '2026-01-15',
    source: 'https://www.elastic.co/support/eol',
  },
  { product: 'BIND', before: '9.12', ended: '2022-03-31', source: BIND },
  { product: 'BIND', before: '9.18', ended: '2024-04-30', source: BIND },
  {
    product: 'Exim',
    before: '4.94.2',
    ended: '2021-05-04',
    source: 'https://www.exim.org/static/doc/security/CVE-2020-qualys/21nails.txt',
  },
  {
    product: 'Apache Cassandra',
    before: '4.0',
    ended: '2024-09-05',
    source: 'https://cassandra.apache.org/_/download.html',
  },
  { product: 'Apache Tomcat', before: '8.5', ended: '2021-03-31', source: TOMCAT },
  { product: 'Apache Tomcat', before: '9.0', ended: '2024-03-31', source: TOMCAT },
  { product: 'Microsoft IIS', before: '8.0', ended: '2020-01-14', source: MICROSOFT },
  { product: 'Microsoft IIS', before: '10.0', ended: '2023-10-10', source: MICROSOFT },
  { product: 'Microsoft SQL Server', before: '12.0', ended: '2022-07-12', source: MICROSOFT },
  { product: 'Microsoft SQL Server', before: '13.0', ended: '2024-07-09', source: MICROSOFT },
  { product: 'Microsoft SQL Server', before: '14.0', ended: '2026-07-14', source: MICROSOFT },
];
