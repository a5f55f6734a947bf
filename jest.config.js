const esm = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^@slipway/migrations$': '<rootDir>/migrations/src/index.ts',
    '^@slipway/([^/]+)/testing$': '<rootDir>/libs/$1/src/testing/index.ts',
    '^@slipway/([^/]+)$': '<rootDir>/libs/$1/src/index.ts',
  },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2024',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
        },
        module: { type: 'es6' },
      },
    ],
  },
};

/** See scripts/statements.mjs. */
const noting = process.env.SLIPWAY_TEST_STATEMENTS
  ? { setupFilesAfterEnv: ['<rootDir>/libs/metadata/src/testing/note-statements.ts'] }
  : {};

/** Three tiers: no disk or network; real Postgres and files; whole processes over HTTP. */
export default {
  testTimeout: 60_000, // Jest heeds it here and in no project
  projects: [
    {
      ...esm,
      displayName: 'unit',
      testMatch: ['<rootDir>/{libs,apps,migrations}/**/src/**/*.spec.ts'],
    },
    {
      ...esm,
      ...noting,
      displayName: 'integration',
      testMatch: ['<rootDir>/{libs,apps}/**/src/**/*.int-spec.ts'],
    },
    { ...esm, displayName: 'e2e', testMatch: ['<rootDir>/apps/*/test/**/*.e2e-spec.ts'] },
  ],
};
