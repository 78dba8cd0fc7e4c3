import type { Family } from '../../layer.ts';

/** One opening or closing of a port, as firewalld.richlanguage(5) writes it. */
export interface PortRule {
  readonly priority?: number;
  /** Of a source, and needed with an address. */
  readonly family?: Family;
  readonly source?: { readonly address: string } | { readonly ipset: string };
  /** `22`, `1000-2000` */
  readonly port: string;
  readonly protocol: string;
  readonly action: 'accept' | 'drop';
}

/** The form that `firewall-cmd --add-rich-rule` takes and `--list-rich-rules` prints. */
export function richPortText(rule: PortRule): string {
  const { priority, family, source, port, protocol, action } = rule;
  return [
    'rule',
    ...(priority === undefined ? [] : [`priority="${priority}"`]),
    ...(family === undefined ? [] : [`family="ipv${family}"`]),
    ...(source === undefined ? [] : [`source ${attributeOf(source)}`]),
    `port port="${port}" protocol="${protocol}"`,
    action,
  ].join(' ');
}

/** The form of a zone file (firewalld.zone(5)). */
export function richPortXml(rule: PortRule): string {
  const { priority, family, source, port, protocol, action } = rule;
  const head = [
    'rule',
    ...(family === undefined ? [] : [`family="ipv${family}"`]),
    ...(priority === undefined ? [] : [`priority="${priority}"`]),
  ].join(' ');
  const from = source === undefined ? '' : `<source ${attributeOf(source)}/>`;
  return `<${head}>${from}<port port="${port}" protocol="${protocol}"/><${action}/></rule>`;
}

function attributeOf(source: NonNullable<PortRule['source']>): string {
  return 'address' in source ? `address="${source.address}"` : `ipset="${source.ipset}"`;
}
