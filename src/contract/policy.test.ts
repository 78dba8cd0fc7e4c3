import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { PosternError } from '../model/errors.ts';
import { checkPolicy, loadPolicy, policyDocument } from './policy.ts';

const GOOD = `
version: 1
labels:
  web: [www.example.org, 192.0.2.0/28]
rules:
  - hosts: [label:web, "*.shop.example", 2001:db8::/64]
    only: true
    expect:
      - ports: [80, "443", 8000-8100, ssh, dns, "U:51820"]
      - ports: [161, snmp]
        transport: udp
        from: [198.51.100.0/24]
        service: snmp
        reason: The monitoring server asks here.
severities:
  tls.old-version: low
  certificate.self-signed: off
`;

/** `line:column message` of each fault. */
function faults(text: string, services?: readonly string[]): string[] {
  const { faults: found } = checkPolicy(text, services === undefined ? {} : { services });
  return found.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

function fault(body: string): string | undefined {
  return faults(`version: 1\n${body}`)[0];
}

describe('loadPolicy', () => {
  it('reads what people write into what the judge reads', () => {
    expect(loadPolicy(GOOD, 'postern.yaml')).toEqual({
      labels: { web: ['www.example.org', '192.0.2.0/28'] },
      rules: [
        {
          hosts: ['label:web', '*.shop.example', '2001:db8::/64'],
          only: true,
          expect: [
            {
              transport: 'tcp',
              ports: [
                [80, 80],
                [443, 443],
                [8000, 8100],
                [22, 22],
                [53, 53],
              ],
            },
            {
              transport: 'udp',
              ports: [
                [53, 53],
                [51_820, 51_820],
              ],
            },
            {
              transport: 'udp',
              ports: [
                [161, 161],
                [161, 161],
              ],
              from: ['198.51.100.0/24'],
              service: 'snmp',
              reason: 'The monitoring server asks here.',
            },
          ],
        },
      ],
      severities: { 'tls.old-version': 'low', 'certificate.self-signed': 'off' },
    });
  });

  it('is content with the version alone', () => {
    expect(loadPolicy('version: 1', 'p')).toEqual({ labels: {}, rules: [], severities: {} });
  });

  it('follows anchors', () => {
    const text =
      'version: 1\nrules:\n  - hosts: [a.example]\n    expect:\n      - {ports: [22], from: &vpn [10.0.0.0/8]}\n      - {ports: [443], from: *vpn}\n';
    expect(loadPolicy(text, 'p').rules[0]?.expect.map(({ from }) => from)).toEqual([
      ['10.0.0.0/8'],
      ['10.0.0.0/8'],
    ]);
  });

  it('throws one error that names file, line and column of every fault', () => {
    const text = 'version: 2\nrulse: []\nseverities: {tls.old-versions: low}\n';
    const read = () => loadPolicy(text, 'conf/postern.yaml');
    expect(read).toThrow(PosternError);
    expect(read).toThrow(
      [
        'the policy "conf/postern.yaml" has 3 errors:',
        'conf/postern.yaml:1:10: "version" must be 1, not "2"',
        'conf/postern.yaml:2:1: unknown key "rulse"; did you mean rules?',
        'conf/postern.yaml:3:14: unknown rule "tls.old-versions"; did you mean tls.old-version?',
      ].join('\n'),
    );
  });
});

const rule = (fields: string) => `rules:\n  - hosts: [a.example]\n    ${fields}`;

describe('faults', () => {
  it.each([
    ['', '1:1 the file is empty; begin with version: 1'],
    ['# nothing\n', '1:1 the file is empty; begin with version: 1'],
    ['rules: []', '1:1 "version" is missing'],
    ['- 1', '1:1 the file must be keys with values, not a list'],
    ['version: 1\nversion: 1', '2:1 Map keys must be unique'],
    [
      'version: [1',
      '1:12 Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    ['version: 1\nlabels: *nobody', '2:9 no anchor &nobody stands before *nobody'],
    ['version: !!js/function x', '1:10 Unresolved tag: tag:yaml.org,2002:js/function'],
    [
      'version: 1\n---\nversion: 1',
      '2:1 Source contains multiple documents; please use YAML.parseAllDocuments()',
    ],
  ])('%j: %s', (text, expected) => {
    expect(faults(text)[0]).toBe(expected);
  });

  it.each([
    [rule('ony: true'), '4:5 unknown key "ony"; did you mean only?'],
    [rule('zzzzz: true'), '4:5 unknown key "zzzzz"; hosts, expect, only may stand here'],
    [rule('only: yes'), '4:11 "only" must be true or false, not "yes"'],
    [rule('only: false'), '3:5 this rule says nothing: give expect, or only: true'],
    [rule('expect: 22'), '4:13 "expect" must be a list, as in [22, 443], not "22"'],
    [rule('expect: [{ports: []}]'), '4:22 "ports" must not be empty'],
    [rule('expect: [{from: [10.0.0.1]}]'), '4:14 "ports" is missing'],
    [rule('expect: [{ports: [0]}]'), '4:23 0 is not a port number (1 to 65535)'],
    [
      rule('expect: [{ports: ["70000"]}]'),
      '4:23 "70000" is not a port number (1 to 65535) or a range such as 8000-8100',
    ],
    [
      rule('expect: [{ports: [90-80]}]'),
      '4:23 "90-80" is not a port number (1 to 65535) or a range such as 8000-8100',
    ],
    [
      rule('expect: [{ports: [postgrseql]}]'),
      '4:23 "postgrseql" is not a port, a range or a service name; did you mean postgresql?',
    ],
    [rule('expect: [{ports: ["U:ssh"]}]'), '4:23 "ssh" is not a UDP service'],
    [rule('expect: [{ports: [ssh], transport: udp}]'), '4:23 "ssh" is not a UDP service'],
    [
      rule('expect: [{ports: [22], transport: udb}]'),
      '4:39 "transport" must be tcp or udp, not "udb"; did you mean udp?',
    ],
    [
      rule('expect: [{ports: [22], from: [office]}]'),
      '4:35 "office" is not an address, a CIDR block or a range',
    ],
    [
      rule('expect: [{ports: [22], from: [10.0.0.0/33]}]'),
      '4:35 "10.0.0.0/33" is not an address, a CIDR block or a range',
    ],
    [
      rule('expect: [{ports: [22], sevice: ssh}]'),
      '4:28 unknown key "sevice"; did you mean service?',
    ],
    [
      'rules: [{hosts: [300.1.1.1], only: true}]',
      '2:18 "300.1.1.1" is not an address, a CIDR block, a range, a name (with *) or label:NAME',
    ],
    ['rules: [{hosts: [], only: true}]', '2:17 "hosts" must not be empty'],
    ['rules: [{hosts: ["label:web"], only: true}]', '2:18 no label "web" is defined'],
    [
      'labels: {webb: [a.example]}\nrules: [{hosts: ["label:web"], only: true}]',
      '3:18 no label "web" is defined; did you mean webb?',
    ],
    ['labels: {a: ["label:b"], b: [x.example]}', '2:14 a label cannot contain another label'],
    [
      'labels: {"a b": [x.example]}',
      '2:10 "a b" cannot be a label: use up to 64 letters, digits, - and _',
    ],
    [
      'severities: {service.web: hihgh}',
      '2:27 "service.web" must be info, low, medium, high, critical or off, not "hihgh"; did you mean high?',
    ],
  ])('%j: %s', (body, expected) => {
    expect(fault(body)).toBe(expected);
  });

  it('reports all at once, in the order of the file', () => {
    const text = `version: 1
rules:
  - hosts: ["label:nowhere", 1.2.3]
    expect:
      - ports: [sshh]
        from: [x]
        surprise: 1
severities:
  no.such-rule: low
`;
    expect(faults(text).map((line) => line.split(' ', 1)[0])).toEqual([
      '3:13',
      '3:30',
      '5:17',
      '6:16',
      '7:9',
      '9:3',
    ]);
  });

  it('knows services only when it is told them', () => {
    const text =
      'version: 1\nrules:\n  - hosts: [a.example]\n    expect: [{ports: [22], service: sssh}]\n';
    expect(faults(text)).toEqual([]);
    expect(faults(text, ['ssh', 'redis'])).toEqual([
      '4:37 unknown service "sssh"; did you mean ssh?',
    ]);
  });

  it('stops alias bombs, deep nesting and files without measure', () => {
    const bomb = ['version: 1', 'a: &a [x,x,x,x,x,x,x,x,x]'];
    for (let level = 1; level < 10; level += 1) {
      const [before, name] = 'abcdefghijk'.slice(level - 1, level + 1);
      bomb.push(`${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(',')}]`);
    }
    expect(faults(bomb.join('\n'))[0]).toMatch(/alias/i);
    expect(faults('['.repeat(100_000)).length).toBeGreaterThan(0);
    expect(faults(`#${' '.repeat(5_000_000)}`)).toEqual([
      '1:1 the file has 5000001 characters; 4194304 are allowed',
    ]);
  });
});

describe('for anything', () => {
  const words = fc.constantFrom(
    'version: 1',
    'rules:',
    '  - hosts: [a]',
    '    only: true',
    'labels: {a: [b]}',
    '  - &x',
    '*x',
    '{',
    ']',
  );
  it('never throws, and every fault has a place in the text', () => {
    const text = fc.oneof(
      fc.string(),
      fc.array(words).map((lines) => lines.join('\n')),
    );
    fc.assert(
      fc.property(text, (yaml) => {
        const count = yaml.split(/\r\n|\r|\n/).length;
        const { faults: found, policy } = checkPolicy(yaml);
        expect(policy === null).toBe(found.length > 0);
        expect(found.every(({ line, column }) => line <= count && line > 0 && column > 0)).toBe(
          true,
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('takes any document of the schema’s shape without throwing', () => {
    fc.assert(
      fc.property(fc.anything({ maxDepth: 4 }), (value) => {
        const { faults: found, policy } = checkPolicy(
          `version: 1\nrules: ${JSON.stringify(value)}`,
        );
        expect(policy === null).toBe(found.length > 0);
      }),
    );
  });
});

describe('the schema', () => {
  const validate = new Ajv2020({ strict: false }).compile(z.toJSONSchema(policyDocument));

  it('says the same to editors', () => {
    expect(validate(parse(GOOD))).toBe(true);
    expect(validate({ version: 1, rulse: [] })).toBe(false);
    expect(validate({ version: 1, severities: { 'no.such-rule': 'low' } })).toBe(false);
  });
});
