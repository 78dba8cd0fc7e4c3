import { z } from 'zod';
import { bodyHas, defineHttpApp } from '../http-app.ts';
import { bodyJson } from '../http-page.ts';
import { textAt, valueAt } from '../json-value.ts';

/** Gradio, the page around machine-learning models: GET /config. */
export const gradio = defineHttpApp({
  name: 'gradio',
  title: 'Gradio',
  product: 'Gradio',
  cpe: 'gradio_project:gradio',
  ports: [7860],
  extra: {
    page: z.string().optional().describe('Title of the page'),
  },
  path: '/config',

  recognises(response) {
    return bodyHas(response, 'window.gradio_config', 'gradio-app');
  },

  read(response) {
    const json = bodyJson(response);
    const version = textAt(json, 'version');
    if (version === undefined || valueAt(json, 'components') === undefined) return null;
    return { version, details: { page: textAt(json, 'title') } };
  },
});
