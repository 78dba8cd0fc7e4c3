import { layerOverrides } from './layers.js';

const RULES = {
  'typescript/no-floating-promises': 'error',
  'typescript/no-misused-promises': 'error',
  'typescript/await-thenable': 'error',
  'typescript/no-explicit-any': 'error',
  'typescript/ban-ts-comment': 'error',
  'typescript/consistent-type-imports': 'error',
  'import/no-cycle': 'error',
  'import/no-default-export': 'error',
  'no-empty': ['error', { allowEmptyCatch: false }],
  'max-lines-per-function': ['error', { max: 60 }],
  'no-console': 'error',
  // the CommonJS default of zod, commander and others is not what we import
  'import/no-named-as-default-member': 'off',
  // narrowing what crosses a border (FFI, JSON) is done by schema or stated beside the cast
  'typescript/no-unsafe-type-assertion': 'off',
  // sorting a list that was just made is the plain way
  'unicorn/no-array-sort': 'off',
  'unicorn/no-array-reverse': 'off',
  // a small function beside its only use reads best there
  'unicorn/consistent-function-scoping': 'off',
  // a list built of named groups reads best as one spread per group
  'unicorn/no-useless-spread': 'off',
  // what a test of a real server expects depends on the server
  'vitest/no-conditional-expect': 'off',
  'vitest/valid-expect': ['error', { maxArgs: 2 }],
  // a thread's port has no origin
  'unicorn/require-post-message-target-origin': 'off',
  // peers send control characters, and readers name them
  'no-control-regex': 'off',
  // default: is how a closed set of a library is read that may grow
  'typescript/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
  'vitest/no-focused-tests': 'error',
  'vitest/no-disabled-tests': 'error',
  'vitest/expect-expect': [
    'error',
    { assertFunctionNames: ['expect', 'expect*', 'assert*', 'fc.assert'] },
  ],
};

/** The linter's configuration; `.oxlintrc.json` holds it, and a test compares them. */
export function lintConfig() {
  return {
    $schema: './node_modules/oxlint/configuration_schema.json',
    plugins: ['typescript', 'import', 'unicorn', 'promise', 'node', 'vitest', 'oxc'],
    categories: { correctness: 'error', suspicious: 'error' },
    rules: RULES,
    overrides: [
      ...layerOverrides(),
      {
        files: ['**/*.test.ts', 'test/**', 'bench/**'],
        rules: { 'max-lines-per-function': 'off' },
      },
      {
        files: ['*.config.ts', 'test/helpers/summary-reporter.ts'],
        rules: { 'import/no-default-export': 'off' },
      },
      { files: ['scripts/**', 'bench/**'], rules: { 'no-console': 'off' } },
    ],
    ignorePatterns: ['dist', 'node_modules', 'test/fixtures'],
  };
}
