import { bundle, THREAD } from './bundle.js';

// the measured program is built, and as deep below the root, as the one that users run
await bundle(
  { 'probe-run': 'bench/probe-run.ts', 'serve-run': 'bench/serve-run.ts', ...THREAD },
  'dist/bench-program',
);
