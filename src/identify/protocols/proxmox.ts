import { bodyHas, defineHttpApp } from '../http-app.ts';
import { fieldOf } from '../http-message.ts';
import { bodyText, titleOf } from '../http-page.ts';

/** By the page's title; Proxmox VE is the one that is left. */
const PRODUCTS: Readonly<Record<string, { readonly product: string; readonly cpe: string }>> = {
  'Proxmox Backup Server': {
    product: 'Proxmox Backup Server',
    cpe: 'proxmox:proxmox_backup_server',
  },
  'Proxmox Mail Gateway': { product: 'Proxmox Mail Gateway', cpe: 'proxmox:proxmox_mail_gateway' },
};

/** Proxmox VE and its relatives: GET /, a page to log in. */
export const proxmox = defineHttpApp({
  name: 'proxmox',
  title: 'Proxmox',
  product: 'Proxmox VE',
  cpe: 'proxmox:virtual_environment',
  ports: [],
  tlsPorts: [8006, 8007],
  path: '/',
  login: true,

  recognises(response) {
    return (
      /^(?:pve|pmg)-api-daemon\//.test(fieldOf(response, 'server') ?? '') ||
      bodyHas(response, 'Proxmox.Setup')
    );
  },

  read(response) {
    const title = titleOf(bodyText(response)) ?? '';
    const product = /Proxmox (?:Virtual Environment|Backup Server|Mail Gateway)/.exec(title)?.[0];
    const daemon = /^(?:pve|pmg)-api-daemon\//.test(fieldOf(response, 'server') ?? '');
    if (product === undefined && !daemon) return null;
    const version = /pvemanagerlib\.js\?ver=([\d.]{1,20})/.exec(bodyText(response))?.[1];
    return { ...PRODUCTS[product ?? ''], version };
  },
});
