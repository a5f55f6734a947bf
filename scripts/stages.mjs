const MINUTE = 60_000;

/**
 * What `npm test` runs, in this order. A stage is the script of package.json that it names. A
 * check counts as one; a suite counts its tests. `drivesClients`: its tests run host tools.
 */
export const stages = [
  { name: 'lint', script: 'lint', about: 'Prettier and ESLint', limit: 10 * MINUTE },
  { name: 'types', script: 'types', about: 'the TypeScript compiler', limit: 10 * MINUTE },
  {
    name: 'imports',
    script: 'imports',
    about: 'which folder may import which',
    limit: 10 * MINUTE,
  },
  {
    name: 'unused',
    script: 'unused',
    about: 'dead files, exports, dependencies',
    limit: 10 * MINUTE,
  },
  {
    name: 'unit',
    script: 'test:unit',
    about: 'no disk, no network, no database',
    suite: true,
    limit: 10 * MINUTE,
  },
  {
    name: 'integration',
    script: 'test:integration',
    about: 'real files and a real Postgres',
    suite: true,
    limit: 15 * MINUTE,
  },
  {
    name: 'e2e',
    script: 'test:e2e',
    about: 'the whole server, driven by real clients',
    suite: true,
    drivesClients: true,
    limit: 60 * MINUTE,
  },
];
