import { z } from 'zod';
import { bodyHas, defineHttpApp } from '../http-app.ts';
import { bodyText } from '../http-page.ts';

/** `node_exporter_build_info{branch="",goversion="go1.19",version="1.5.0"} 1` */
function buildInfo(text: string): { exporter?: string; version?: string } {
  const line = /^(\w{1,64})_build_info\{([^}]{0,1000})\}/m.exec(text);
  const version = /(?:^|,)version="([^"]{1,64})"/.exec(line?.[2] ?? '')?.[1];
  return {
    ...(line?.[1] !== undefined && { exporter: line[1] }),
    ...(version !== undefined && { version }),
  };
}

/**
 * A program that shows its measurements to Prometheus: GET /metrics (OpenMetrics text). Not tried
 * by port: 9100 is also where printers print whatever they receive.
 */
export const prometheusExporter = defineHttpApp({
  name: 'prometheus-exporter',
  title: 'Prometheus exporter',
  product: 'Prometheus exporter',
  ports: [],
  extra: {
    exporter: z.string().optional().describe('Its name in the metric that describes the build'),
  },
  path: '/metrics',

  recognises(response) {
    return (
      response.status === 200 && bodyHas(response, 'href="/metrics"', "href='/metrics'", '# HELP ')
    );
  },

  read(response) {
    const text = bodyText(response);
    if (!text.startsWith('# HELP ') && !text.startsWith('# TYPE ')) return null;
    const { exporter, version } = buildInfo(text);
    const product = exporter === undefined ? {} : { product: exporter };
    return { ...product, version: version?.replace(/\+.*$/, ''), details: { exporter } };
  },
});
