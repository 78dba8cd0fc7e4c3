import { defineHttpApp, titled } from '../http-app.ts';
import { bodyJson } from '../http-page.ts';
import { textAt } from '../json-value.ts';

/** Home Assistant: GET /manifest.json, and /api/, which needs a login. */
export const homeAssistant = defineHttpApp({
  name: 'home-assistant',
  title: 'Home Assistant',
  product: 'Home Assistant',
  cpe: 'home-assistant:home-assistant',
  ports: [8123],
  path: '/manifest.json',
  guarded: '/api/',
  login: true,

  recognises(response) {
    return titled(response, 'Home Assistant');
  },

  read(response) {
    return textAt(bodyJson(response), 'name') === 'Home Assistant' ? {} : null;
  },
});
