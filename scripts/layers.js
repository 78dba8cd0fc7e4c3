/**
 * Who may import whom: the table of ARCHITECTURE.md as data. Each folder of src/ lists the folders
 * it may import besides itself. `.oxlintrc.json` holds the rules made of it; a test compares them.
 */
export const LAYERS = {
  model: [],
  contract: ['model'],
  net: ['model'],
  targets: ['model', 'net'],
  probe: ['model', 'net'],
  identify: ['model', 'net'],
  judge: ['model'],
  firewall: ['model'],
  remedy: ['model', 'firewall'],
  host: ['model', 'net', 'firewall'],
  store: ['model', 'contract'],
  report: ['model'],
  notify: ['model', 'contract', 'net', 'report'],
  jobs: ['model', 'contract', 'net', 'targets', 'store', 'report'],
  alerts: ['model', 'contract', 'net', 'store', 'notify', 'report'],
  agent: ['model', 'contract', 'net', 'host', 'firewall', 'judge', 'report', 'pipeline'],
  server: [
    'model',
    'contract',
    'net',
    'targets',
    'store',
    'notify',
    'report',
    'judge',
    'firewall',
    'remedy',
    'jobs',
    'alerts',
  ],
  pipeline: [
    'model',
    'targets',
    'probe',
    'identify',
    'judge',
    'net',
    'firewall',
    'remedy',
    'host',
    'notify',
  ],
  cli: [
    'model',
    'contract',
    'net',
    'targets',
    'probe',
    'identify',
    'judge',
    'firewall',
    'remedy',
    'host',
    'store',
    'report',
    'notify',
    'pipeline',
    'jobs',
    'alerts',
    'agent',
    'server',
  ],
};

/** Layers without I/O, clock or process: same input, same output. */
export const PURE = ['model', 'judge', 'firewall', 'remedy', 'report'];

const everyLayer = Object.keys(LAYERS);

function forbiddenLayers(layer) {
  const allowed = new Set([layer, ...LAYERS[layer]]);
  return everyLayer.filter((other) => !allowed.has(other));
}

function layerPattern(layer) {
  const forbidden = forbiddenLayers(layer);
  if (forbidden.length === 0) return [];
  return [
    {
      regex: `^(\\.\\./)+(${forbidden.join('|')})/`,
      message: `src/${layer} may import only ${LAYERS[layer].join(', ') || 'nothing of ours'}: see ARCHITECTURE.md.`,
    },
  ];
}

const NO_NODE = {
  regex: '^node:',
  message: 'A pure layer uses nothing of Node: see ARCHITECTURE.md.',
};
const NO_FFI = { regex: '^koffi', message: 'Foreign functions are called in src/net/linux only.' };
const NO_PLUGIN = {
  regex: '^\\./',
  message: 'Protocol plugins never import each other; shared pieces go one folder up.',
};

function imports(patterns) {
  return { 'no-restricted-imports': ['error', { patterns }] };
}

function purity() {
  return {
    'no-restricted-globals': [
      'error',
      'process',
      'Buffer',
      'setTimeout',
      'setInterval',
      'setImmediate',
      'fetch',
      'performance',
      'crypto',
    ],
    'no-restricted-properties': [
      'error',
      {
        object: 'Date',
        property: 'now',
        message: 'A pure layer has no clock: take the time as an argument.',
      },
      { object: 'Math', property: 'random', message: 'A pure layer has no chance: take a seed.' },
    ],
  };
}

function override(layer) {
  const pure = PURE.includes(layer);
  const patterns = [...layerPattern(layer), NO_FFI, ...(pure ? [NO_NODE] : [])];
  return {
    files: [`src/${layer}/**/*.ts`],
    rules: { ...imports(patterns), ...(pure ? purity() : {}) },
  };
}

/** Overrides of the linter that hold the table. Tests may reach further; later entries win. */
export function layerOverrides() {
  return [
    ...everyLayer.map(override),
    { files: ['src/net/linux/**/*.ts'], rules: imports(layerPattern('net')) },
    {
      files: ['src/identify/protocols/*.ts'],
      rules: imports([...layerPattern('identify'), NO_FFI, NO_PLUGIN]),
    },
    {
      files: ['src/**/*.test.ts', 'src/**/*.test-helper.ts'],
      rules: {
        'no-restricted-imports': 'off',
        'no-restricted-globals': 'off',
        'no-restricted-properties': 'off',
      },
    },
  ];
}
