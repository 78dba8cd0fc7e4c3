import { bodyHas, defineHttpApp, titled } from '../http-app.ts';
import { fieldOf } from '../http-message.ts';
import { bodyJson } from '../http-page.ts';
import { textAt } from '../json-value.ts';

/** Management page of RabbitMQ: GET /api/overview, which asks for a password. */
export const rabbitmqManagement = defineHttpApp({
  name: 'rabbitmq-management',
  title: 'RabbitMQ management',
  product: 'RabbitMQ',
  cpe: 'vmware:rabbitmq',
  ports: [15672],
  tlsPorts: [15671],
  path: '/api/overview',

  recognises(response) {
    return titled(response, 'RabbitMQ Management') || bodyHas(response, 'RabbitMQ Management');
  },

  read(response) {
    const json = bodyJson(response);
    const version = textAt(json, 'rabbitmq_version');
    const realm = fieldOf(response, 'www-authenticate') ?? '';
    return version === undefined && !realm.includes('RabbitMQ Management') ? null : { version };
  },
});
