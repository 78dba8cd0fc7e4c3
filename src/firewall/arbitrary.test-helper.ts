import fc from 'fast-check';
import type {
  Action,
  Cell,
  Chain,
  Field,
  Hook,
  KindName,
  Layer,
  NameField,
  NumberField,
  Rule,
  Step,
  Table,
  Test,
} from './layer.ts';
import { network } from './layers.test-helper.ts';
import { rangesOf } from './ranges.ts';

/** A small world, so that random rules and random packets meet. */
export const SOURCES = [
  '10.0.0.1',
  '10.0.1.1',
  '10.9.9.9',
  '203.0.113.5',
  '127.0.0.5',
  '224.0.0.5',
];
export const SOURCES6 = ['fd00::1', '2001:db8::77', '2001:db9::1'];
export const DESTINATIONS = [
  '192.0.2.10',
  '172.17.0.1',
  '172.17.0.2',
  '198.51.100.9',
  '192.0.2.255',
  '224.0.0.1',
];
export const DESTINATIONS6 = ['2001:db8::10', '2001:db8::20', 'ff02::1'];
export const PORTS = [22, 80, 443, 8080];
export const DEVICES = ['eth0', 'docker0', 'wg0'];
const NETWORKS = [
  '10.0.0.0/8',
  '10.0.0.0/23',
  '10.0.1.1',
  '0.0.0.0/0',
  '203.0.113.0/24',
  '172.17.0.2',
  '192.0.2.10',
  '172.16.0.0/12',
  '2001:db8::/64',
  '::/0',
];

const ranges = fc
  .array(fc.tuple(fc.constantFrom(...PORTS), fc.nat(60)), { minLength: 1, maxLength: 3 })
  .map((pairs) =>
    rangesOf(
      pairs.map(([at, more]) => [at, at + more] as const),
      1,
    ),
  );
const small = fc.array(fc.nat(3), { minLength: 1, maxLength: 2 }).map((values) =>
  rangesOf(
    values.map((value) => [value, value] as const),
    1,
  ),
);
const protocols = fc.constantFrom<[number, number]>([6, 7], [17, 18], [1, 2], [58, 59]);
const not = fc.boolean();

const PORT_FIELDS = [
  'destination-port',
  'destination-port',
  'source-port',
  'original-port',
] as const;
const numberTest: fc.Arbitrary<Test> = fc.oneof(
  fc.record({
    test: fc.constant('number' as const),
    field: fc.constantFrom<NumberField>(...PORT_FIELDS),
    in: ranges,
    not,
  }),
  fc.record({
    test: fc.constant('number' as const),
    field: fc.constant('destination-port' as const),
    in: ranges,
    mask: fc.constantFrom(0xff, 0xfff0),
    not,
  }),
  fc.record({
    test: fc.constant('number' as const),
    field: fc.constant('protocol' as const),
    in: protocols,
    not,
  }),
  fc.record({
    test: fc.constant('number' as const),
    field: fc.constantFrom<NumberField>('mark', 'connection-mark'),
    in: small,
    mask: fc.constantFrom(3, 1, 0xffffffff),
    not,
  }),
  fc.record({
    test: fc.constant('number' as const),
    field: fc.constantFrom<NumberField>('icmp-type', 'icmp-code', 'hop-limit'),
    in: fc.constantFrom([8, 9], [0, 1]),
    not,
  }),
);
const addresses = fc.constantFrom(...NETWORKS).map(network);
const addressTest: fc.Arbitrary<Test> = fc.record({
  test: fc.constant('address' as const),
  field: fc.constantFrom(
    'source' as const,
    'source' as const,
    'destination' as const,
    'original-destination' as const,
  ),
  in: addresses,
  not,
});
const NAMES: readonly [NameField, readonly string[]][] = [
  ['in-device', ['eth0', 'docker*', 'lo', 'wg0']],
  ['out-device', ['eth0', 'docker0', 'e*']],
  ['state', ['new', 'established', 'invalid', 'untracked', 'related']],
  ['status', ['dnat', 'snat']],
  ['direction', ['original', 'reply']],
  ['source-type', ['local', 'unicast', 'multicast']],
  ['destination-type', ['local', 'unicast', 'broadcast', 'multicast']],
  ['packet-type', ['host', 'broadcast', 'multicast', 'other']],
];
const nameTest: fc.Arbitrary<Test> = fc.constantFrom(...NAMES).chain(([field, names]) =>
  fc.record({
    test: fc.constant('name' as const),
    field: fc.constant(field),
    in: fc.subarray([...names], { minLength: 1 }),
    not,
  }),
);

const CELLED: readonly Field[] = [
  'source',
  'destination-port',
  'protocol',
  'in-device',
  'mark',
  'destination',
  'source-port',
];
function cellOf(field: Field): fc.Arbitrary<Cell> {
  const any = fc.constant<Cell>('any');
  if (field === 'source' || field === 'destination') {
    return fc.oneof({ weight: 5, arbitrary: addresses.map((held) => ({ addresses: held })) }, any);
  }
  if (field === 'in-device')
    return fc.constantFrom<Cell>({ names: ['eth0'] }, { names: ['docker*', 'wg0'] }, 'any');
  const numbers = field === 'protocol' ? protocols : field === 'mark' ? small : ranges;
  return fc.oneof({ weight: 5, arbitrary: numbers.map((held) => ({ numbers: held })) }, any);
}
const fieldsAndRow = fc
  .subarray([...CELLED], { minLength: 1, maxLength: 3 })
  .map((fields) => ({ fields, row: fc.tuple(...fields.map(cellOf)) }));
const tupleTest: fc.Arbitrary<Test> = fieldsAndRow.chain(({ fields, row }) =>
  fc.record({
    test: fc.constant('tuple' as const),
    fields: fc.constant(fields),
    rows: fc.array(row, { maxLength: 4 }),
    not,
  }),
);

const USER_CHAINS = ['one', 'two', 'three'];
const verdict: fc.Arbitrary<Action> = fc.constantFrom<Action>(
  { do: 'accept' },
  { do: 'accept' },
  { do: 'drop' },
  { do: 'reject' },
  { do: 'return' },
  { do: 'jump', chain: 'one' },
  { do: 'jump', chain: 'two' },
  { do: 'goto', chain: 'two' },
  { do: 'jump', chain: 'three' },
  { do: 'goto', chain: 'three' },
);
const marking: fc.Arbitrary<Action> = fc.oneof(
  fc.record({
    do: fc.constant('set-mark' as const),
    field: fc.constantFrom('mark' as const, 'connection-mark' as const),
    and: fc.constantFrom(0, 0xffffffff, 2),
    xor: fc.nat(3),
  }),
  fc.constantFrom<Action>(
    { do: 'copy-mark', to: 'mark' },
    { do: 'copy-mark', to: 'connection-mark' },
    { do: 'notrack' },
  ),
);
const map: fc.Arbitrary<Action> = fieldsAndRow.chain(({ fields, row }) =>
  fc.record({
    do: fc.constant('map' as const),
    fields: fc.constant(fields),
    rows: fc.array(fc.record({ key: row, action: verdict }), { maxLength: 4 }),
  }),
);
const translation: fc.Arbitrary<Action> = fc.oneof(
  fc
    .constantFrom('172.17.0.2', '192.0.2.10', '172.17.0.2/31', '2001:db8::20')
    .map((to) => ({ do: 'dnat' as const, to: network(to), ports: [8080, 8081] })),
  fc
    .constantFrom('172.17.0.2', '198.51.100.9')
    .map((to) => ({ do: 'dnat' as const, to: network(to) })),
  fc.constant({ do: 'dnat' as const, ports: [80, 82] }),
  fc.constantFrom<Action>({ do: 'redirect', ports: [80, 81] }, { do: 'redirect' }),
);
const limit: fc.Arbitrary<Test> = fc
  .boolean()
  .map((over) => ({ test: 'limit', over, text: '10/minute' }));

export interface World {
  /** Share of opaque tests and actions: none, or some. */
  readonly opaque: boolean;
}

function testOf({ opaque }: World): fc.Arbitrary<Test> {
  const plain = fc.oneof(
    { weight: 5, arbitrary: numberTest },
    { weight: 4, arbitrary: addressTest },
    { weight: 4, arbitrary: nameTest },
    { weight: 2, arbitrary: tupleTest },
    { weight: 1, arbitrary: limit },
    {
      weight: 1,
      arbitrary: fc.record({
        test: fc.constant('tcp-flags' as const),
        mask: fc.constant(18),
        in: fc.constant([2]),
        not,
      }),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom<Test>({ test: 'never' }, { test: 'family', family: 4 }),
    },
  );
  if (!opaque) return plain;
  return fc.oneof(
    { weight: 6, arbitrary: plain },
    { weight: 1, arbitrary: fc.constant<Test>({ test: 'opaque', text: '?' }) },
  );
}

let serial = 0;

function ruleOf(world: World, nat: boolean): fc.Arbitrary<Rule> {
  const tests = fc.array(testOf(world), { maxLength: 3 });
  const before = fc.array(fc.oneof<fc.Arbitrary<Step>[]>(marking, testOf(world)), { maxLength: 1 });
  const end = nat
    ? fc.oneof(
        { weight: 3, arbitrary: translation },
        { weight: 2, arbitrary: verdict },
        { weight: 1, arbitrary: fc.constant<Action>({ do: 'snat' }) },
      )
    : fc.oneof(
        { weight: 8, arbitrary: verdict },
        { weight: 3, arbitrary: map },
        { weight: 2, arbitrary: marking },
      );
  const last = world.opaque
    ? fc.oneof(
        { weight: 30, arbitrary: end },
        { weight: 1, arbitrary: fc.constant<Action>({ do: 'opaque', text: '?' }) },
      )
    : end;
  return fc.tuple(tests, before, last).map(([some, more, action]) => {
    serial += 1;
    return { text: `rule ${serial}`, steps: [...some, ...more, action] };
  });
}

/** A blocklist: rules that differ in their source only, with one now and then that breaks the run. */
function blocklist(world: World): fc.Arbitrary<readonly Rule[]> {
  const tests = fc.array(testOf({ ...world, opaque: false }), { maxLength: 1 });
  const end = fc.constantFrom<Action>({ do: 'accept' }, { do: 'drop' }, { do: 'return' });
  const sources = fc.array(fc.constantFrom(...NETWORKS, ...SOURCES), {
    minLength: 8,
    maxLength: 20,
  });
  const breaks = fc.array(ruleOf(world, false), { maxLength: 1 });
  return fc.tuple(tests, end, sources, breaks).map(([some, action, all, other]) => [
    ...other,
    ...all.map((source) => {
      serial += 1;
      const test = { test: 'address', field: 'source', in: network(source) } as const;
      return { text: `block ${serial}`, steps: [...some, test, action] };
    }),
  ]);
}

/** Jumps of user chains lead to later ones: loops are tested apart. */
function leadsOn(chain: Chain, at: number): Chain {
  const later = new Set(USER_CHAINS.slice(at + 1));
  const fine = (action: Action): boolean =>
    (action.do !== 'jump' && action.do !== 'goto') || later.has(action.chain);
  const kept = (step: Step): boolean => {
    if ('test' in step) return true;
    return step.do === 'map' ? step.rows.every((row) => fine(row.action)) : fine(step);
  };
  return { ...chain, rules: chain.rules.filter((rule) => rule.steps.every(kept)) };
}

function userChains(world: World, nat: boolean): fc.Arbitrary<readonly Chain[]> {
  const rules = fc.array(ruleOf(world, nat), { maxLength: 4 });
  return fc
    .tuple(rules, rules, rules)
    .map((all) =>
      all.map((some, at) => leadsOn({ name: USER_CHAINS[at] as string, rules: some }, at)),
    );
}

const filterHooks: fc.Arbitrary<Hook> = fc.oneof(
  fc.constantFrom<Hook>(
    { point: 'input', priority: 0, type: 'filter' },
    { point: 'input', priority: 0, type: 'filter' },
    { point: 'input', priority: 10, type: 'filter' },
    { point: 'forward', priority: 0, type: 'filter' },
    { point: 'prerouting', priority: -300, type: 'filter' },
    { point: 'prerouting', priority: -150, type: 'filter' },
    { point: 'prerouting', priority: 0, type: 'filter' },
    { point: 'postrouting', priority: -150, type: 'filter' },
    { point: 'ingress', priority: 0, type: 'filter', devices: ['eth0', 'wg0'] },
  ),
);
const natHooks = fc.constantFrom<Hook>(
  { point: 'prerouting', priority: -100, type: 'nat' },
  { point: 'prerouting', priority: -90, type: 'nat' },
  { point: 'prerouting', priority: -100, type: 'nat' },
  { point: 'postrouting', priority: 100, type: 'nat' },
  { point: 'input', priority: 100, type: 'nat' },
);

const MOVING = new Set(['dnat', 'redirect', 'jump', 'goto', 'map']);

/** The kernel takes destination translations before routing only (nft_nat_validate). */
function validAt(hook: Hook, { steps }: Rule): boolean {
  if (hook.type !== 'nat' || hook.point === 'prerouting') return true;
  return steps.every((step) => 'test' in step || !MOVING.has(step.do));
}

function tableOf(world: World): fc.Arbitrary<Table> {
  return fc.boolean().chain((nat) => {
    const hooks = nat ? natHooks : filterHooks;
    const bases = fc.array(
      fc.record({
        hook: hooks,
        policy: fc.constantFrom('accept' as const, 'accept' as const, 'drop' as const),
        rules: fc.oneof(
          { weight: 5, arbitrary: fc.array(ruleOf(world, nat), { maxLength: 7 }) },
          { weight: 1, arbitrary: blocklist(world) },
        ),
      }),
      { minLength: 1, maxLength: 3 },
    );
    return fc
      .tuple(
        fc.constantFrom('inet' as const, 'inet' as const, 'ip' as const, 'ip6' as const),
        bases,
        userChains(world, nat),
        fc.boolean(),
      )
      .map(([family, some, chains, sleeps]) => ({
        name: 'table',
        family,
        chains: [
          ...some.map((one, at) => ({
            ...one,
            name: `base ${at}`,
            rules: one.rules.filter((rule) => validAt(one.hook, rule)),
          })),
          ...chains,
        ],
        dormant: sleeps && some.length === 3,
      }));
  });
}

const pfRule = (world: World, ...anchors: readonly string[]): fc.Arbitrary<Rule> =>
  fc
    .tuple(
      fc.array(testOf(world).filter(isOfPacket), { maxLength: 3 }),
      fc.constantFrom<Action>(
        { do: 'accept' },
        { do: 'drop' },
        { do: 'reject' },
        ...anchors.map((chain) => ({ do: 'jump', chain }) as const),
      ),
      fc.boolean(),
    )
    .map(([tests, action, quick]) => {
      serial += 1;
      return { text: `pf ${serial}`, quick, steps: [...tests, action] };
    });

function isOfPacket(test: Test): boolean {
  if (test.test === 'number') return !test.field.endsWith('mark');
  return test.test !== 'tuple' || !test.fields.includes('mark');
}

/** A filter whose last matching rule decides, with an anchor in an anchor. */
function lastLayer(world: World, role: Layer['role']): fc.Arbitrary<Layer> {
  const rules = (...anchors: readonly string[]) =>
    fc.array(pfRule(world, ...anchors), { maxLength: 8 });
  const policy = fc.constantFrom('accept' as const, 'drop' as const);
  const hook = { point: 'input', priority: 0, type: 'filter' } as const;
  return fc
    .tuple(rules('outer', 'inner'), rules('inner'), rules(), policy)
    .map(([main, outer, inner, fate]) => ({
      kind: 'pf' as const,
      origin: 'pf.conf',
      role,
      unread: [],
      tables: [
        {
          name: 'pf',
          family: 'inet' as const,
          chains: [
            { name: 'rules', hook, policy: fate, order: 'last' as const, rules: main },
            { name: 'outer', order: 'last' as const, rules: outer },
            { name: 'inner', order: 'last' as const, rules: inner },
          ],
        },
      ],
    }));
}

function kernelLayer(world: World): fc.Arbitrary<Layer> {
  return fc
    .tuple(
      fc.constantFrom<KindName>('nftables', 'nftables', 'iptables'),
      fc.array(tableOf(world), { minLength: 1, maxLength: 3 }),
    )
    .map(([kind, tables]) => ({ kind, origin: kind, role: 'live' as const, tables, unread: [] }));
}

export function arbitraryLayers(world: World): fc.Arbitrary<readonly Layer[]> {
  return fc.oneof(
    { weight: 6, arbitrary: kernelLayer(world).map((one) => [one]) },
    { weight: 2, arbitrary: fc.tuple(kernelLayer(world), kernelLayer(world)) },
    { weight: 2, arbitrary: lastLayer(world, 'live').map((one) => [one]) },
    { weight: 1, arbitrary: fc.tuple(kernelLayer(world), lastLayer(world, 'central')) },
  );
}
