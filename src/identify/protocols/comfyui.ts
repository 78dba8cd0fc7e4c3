import { defineHttpApp, titled } from '../http-app.ts';
import { bodyJson } from '../http-page.ts';
import { listAt, textAt } from '../json-value.ts';

/** ComfyUI: GET /system_stats; it has no login. */
export const comfyui = defineHttpApp({
  name: 'comfyui',
  title: 'ComfyUI',
  product: 'ComfyUI',
  ports: [8188],
  path: '/system_stats',

  recognises(response) {
    return titled(response, 'ComfyUI');
  },

  read(response) {
    const json = bodyJson(response);
    const python = textAt(json, 'system', 'python_version');
    if (python === undefined || listAt(json, 'devices') === undefined) return null;
    return { version: textAt(json, 'system', 'comfyui_version') };
  },
});
