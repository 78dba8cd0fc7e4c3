import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { prometheusExporter } from './prometheus-exporter.ts';

describe('prometheus-exporter', () => {
  itIdentifiesItsFixtures(prometheusExporter);
});
