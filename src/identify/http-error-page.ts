import type { HttpResponse } from './http-message.ts';
import { bodyText } from './http-page.ts';
import type { Software } from './http-products.ts';
import { namedProduct, type ProductMark } from './products.ts';

/** A path that nobody has: its error page often names a server whose header does not. */
export const NO_SUCH_PAGE = '/postern-asks-for-a-page-that-is-not-there';

/** Error pages and start pages that servers bring along. */
const PAGES: readonly ProductMark[] = [
  {
    pattern: /Apache Tomcat\/(\d[\w.]{0,20})/,
    product: 'Apache Tomcat',
    cpe: ['apache', 'tomcat'],
  },
  {
    pattern: /Powered by Jetty:\/\/ ?(\d[\d.]{0,20}\d)?/,
    product: 'Jetty',
    cpe: ['eclipse', 'jetty'],
  },
  {
    pattern: /<address>Apache(?:\/(\d[\d.]{0,20}))? /,
    product: 'Apache httpd',
    cpe: ['apache', 'http_server'],
  },
  {
    pattern: /<center>openresty(?:\/(\d[\d.]{0,20}))?<\/center>/,
    product: 'OpenResty',
    cpe: ['openresty', 'openresty'],
  },
  {
    pattern: /<center>nginx(?:\/(\d[\d.]{0,20}))?(?: \(\w{1,20}\))?<\/center>/,
    product: 'nginx',
    cpe: ['f5', 'nginx'],
  },
  {
    pattern: /JBoss Web\/(\d[\w.]{0,20})/,
    product: 'JBoss Web',
  },
  {
    pattern: /Eclipse GlassFish {1,2}(\d[\d.]{0,20})/,
    product: 'GlassFish',
    cpe: ['eclipse', 'glassfish'],
  },
  {
    pattern: /Microsoft \.NET Framework Version:(\d[\d.]{0,20})/,
    product: 'ASP.NET',
    cpe: ['microsoft', 'asp.net'],
  },
  {
    pattern: /No server is available to handle this request\./,
    product: 'HAProxy',
    cpe: ['haproxy', 'haproxy'],
  },
  {
    pattern: /<p>Varnish cache server<\/p>/,
    product: 'Varnish',
    cpe: ['varnish-software', 'varnish_cache'],
  },
  {
    pattern: /<pre>Cannot GET \/[^<]{0,80}<\/pre>/,
    product: 'Express',
    cpe: ['openjsf', 'express'],
  },
  {
    pattern: /<h1>Whitelabel Error Page<\/h1>/,
    product: 'Spring Boot',
    cpe: ['vmware', 'spring_boot'],
  },
  { pattern: /<code>DEBUG = True<\/code>/, product: 'Django', cpe: ['djangoproject', 'django'] },
  {
    pattern: /Action Controller: Exception caught/,
    product: 'Ruby on Rails',
    cpe: ['rubyonrails', 'rails'],
  },
];

/** What the beginning and the end of a page (2,048 characters each) say of the server. */
export function softwareOfPage(response: HttpResponse): Software[] {
  const text = bodyText(response);
  return [text.slice(0, 2_048), text.slice(-2_048)].flatMap((part) => {
    const { product, ...rest } = namedProduct(part, PAGES);
    return product === undefined ? [] : [{ product, ...rest }];
  });
}
