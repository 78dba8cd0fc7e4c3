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
  /**
   * Month (YYYY-MM) to which the newest copy that the row was compared with can be dated: of the
   * maker's page, or of one that cites it such as endoflife.date. A day after it was announced ahead.
   */
  readonly copy: string;
}

/**
 * Day on which every row was last compared. It was done with stored copies, not with live pages:
 * what makers announced after a row's `copy` is not in it.
 */
export const END_OF_LIFE_AS_OF = '2026-11-23';

type Page = Pick<EndedLine, 'source' | 'copy'>;
type End = readonly [before: string, ended: string];

function lines(product: string, page: Page, ends: readonly End[]): readonly EndedLine[] {
  return ends.map(([before, ended]) => ({ product, before, ended, ...page }));
}

const LEARN = 'https://learn.microsoft.com/lifecycle/products';

/**
 * Only lines whose end the maker has announced; of each product the oldest line first. Makers that
 * support nothing but their newest release (OpenSSH, Dovecot, Memcached) are not in it: their old
 * versions live on in distributions, and a banner cannot tell. For the same reason nginx and Exim
 * have one row each: their makers have given up newer lines that distributions still repair.
 */
export const ENDED_LINES: readonly EndedLine[] = [
  // The project's front page announced security patches for 2.2 "through at least December of 2017".
  ...lines('Apache httpd', { source: 'https://httpd.apache.org/docs/2.2/', copy: '2026-05' }, [
    ['2.4', '2018-01-01'],
  ]),
  // The page lists all but the mainline and the stable branch as legacy.
  ...lines('nginx', { source: 'https://nginx.org/en/download.html', copy: '2026-07' }, [
    ['1.18', '2020-04-21'],
  ]),
  ...lines('PHP', { source: 'https://www.php.net/eol.php', copy: '2026-02' }, [
    ['7.4', '2021-12-06'],
    ['8.0', '2022-11-28'],
    ['8.1', '2023-11-26'],
    ['8.2', '2025-12-31'],
  ]),
  ...lines(
    'MySQL',
    {
      source: 'https://www.oracle.com/us/assets/lifetime-support-technology-069183.pdf',
      copy: '2026-04',
    },
    [
      ['5.7', '2021-02-28'],
      ['8.0', '2023-10-31'],
      ['8.1', '2026-04-30'],
    ],
  ),
  ...lines(
    'MariaDB',
    { source: 'https://mariadb.org/about/#maintenance-policy', copy: '2026-08' },
    [
      ['10.4', '2023-05-25'],
      ['10.5', '2024-06-18'],
      ['10.6', '2025-06-24'],
      ['10.7', '2026-07-06'],
    ],
  ),
  // 12 got one more release a week after the day that had been announced.
  ...lines(
    'PostgreSQL',
    { source: 'https://www.postgresql.org/support/versioning/', copy: '2024-11' },
    [
      ['12', '2023-11-09'],
      ['13', '2024-11-21'],
      ['14', '2025-11-13'],
      ['15', '2026-11-12'],
    ],
  ),
  ...lines(
    'MongoDB',
    { source: 'https://www.mongodb.com/legal/support-policy/lifecycles', copy: '2026-02' },
    [
      ['4.4', '2023-04-30'],
      ['5.0', '2024-02-29'],
      ['6.0', '2024-10-31'],
      ['7.0', '2025-07-31'],
    ],
  ),
  // The page gives no day; 5.0 ended when 7.0 came out.
  ...lines('Redis', { source: 'https://github.com/redis/redis/security', copy: '2026-02' }, [
    ['6.0', '2022-04-27'],
  ]),
  ...lines('Elasticsearch', { source: 'https://www.elastic.co/support/eol', copy: '2026-04' }, [
    ['7.0', '2022-02-10'],
    ['8.0', '2026-01-15'],
  ]),
  // ISC names months; the days are their last.
  ...lines('BIND', { source: 'https://kb.isc.org/docs/aa-00896', copy: '2026-09' }, [
    ['9.12', '2022-03-31'],
    ['9.18', '2024-04-30'],
    ['9.20', '2026-06-30'],
  ]),
  // "All versions of Exim previous to version … are now obsolete": 4.94 with the release of 4.95.
  ...lines('Exim', { source: 'https://www.exim.org/', copy: '2026-02' }, [['4.95', '2021-09-28']]),
  ...lines(
    'Apache Cassandra',
    {
      source:
        'https://cassandra.apache.org/_/blog/Apache-Cassandra-3.0.x-and-3.11.x-End-of-Life-Announcement.html',
      copy: '2024-11',
    },
    [['4.0', '2024-09-05']],
  ),
  ...lines(
    'Apache Tomcat',
    { source: 'https://tomcat.apache.org/whichversion.html', copy: '2024-04' },
    [
      ['8.5', '2021-03-31'],
      ['9.0', '2024-03-31'],
    ],
  ),
  // IIS is part of Windows and ends with it.
  ...lines('Microsoft IIS', { source: `${LEARN}/windows-server-2008-r2`, copy: '2024-11' }, [
    ['8.0', '2020-01-14'],
  ]),
  ...lines('Microsoft IIS', { source: `${LEARN}/windows-server-2012-r2`, copy: '2024-11' }, [
    ['10.0', '2023-10-10'],
  ]),
  ...lines('Microsoft SQL Server', { source: `${LEARN}/?terms=SQL%20Server`, copy: '2026-03' }, [
    ['12.0', '2022-07-12'],
    ['13.0', '2024-07-09'],
    ['14.0', '2026-07-14'],
  ]),
];
