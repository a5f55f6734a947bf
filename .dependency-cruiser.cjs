/** The arrows of docs/architecture.md. A rule that is broken fails the build. */
const lib = (name) => `^libs/${name}/`;
const only = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: { path: '^(libs|apps|migrations)/', pathNot: [from, ...allowed] },
});

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      // What Vite makes while it bundles stands in no file.
      to: { couldNotResolve: true, pathNot: '^virtual:' },
    },
    {
      name: 'declared-dependencies-only',
      severity: 'error',
      from: { path: '^(libs|apps|migrations)/', pathNot: '(spec|contract)\\.ts$|/test/' },
      to: {
        dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'],
        pathNot: 'node_modules/@types/',
      },
    },
    only('oci-imports-nothing', lib('oci'), []),
    only('api-stands-on-oci', lib('api'), [lib('oci')]),
    only('storage-stands-on-oci', lib('storage'), [lib('oci')]),
    only('client-stands-on-oci', lib('client'), [lib('oci')]),
    only('layers-stand-on-oci', lib('layers'), [lib('oci')]),
    only('runtime-stands-on-layers-and-oci', lib('runtime'), [lib('layers'), lib('oci')]),
    only('migrations-stand-alone', '^migrations/', []),
    only('metadata-stands-on-oci-and-migrations', lib('metadata'), [lib('oci'), '^migrations/']),
    only('registry-stands-on-layers-metadata-storage-oci', lib('registry'), [
      lib('layers'),
      lib('metadata'),
      lib('storage'),
      lib('oci'),
    ]),
    only('server-stands-on-libs', '^apps/server/', ['^libs/']),
    only('agent-stands-on-client-runtime-oci', '^apps/agent/src/', [
      lib('client'),
      lib('runtime'),
      lib('oci'),
    ]),
    only('the-page-knows-the-api-alone', '^apps/web/src/', [lib('api')]),
    {
      name: 'the-page-takes-only-types-of-the-api',
      severity: 'error',
      from: { path: '^apps/web/src/' },
      to: { path: '^libs/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'react-only-in-the-page',
      severity: 'error',
      from: { pathNot: '^apps/web/' },
      to: { path: 'node_modules/(react|react-dom|@tanstack|radix-ui|vite)/' },
    },
    {
      name: 'a-lib-is-entered-by-its-index',
      severity: 'error',
      from: { path: '^(libs|apps|migrations)/([^/]+)/' },
      to: {
        path: '^libs/([^/]+)/src/',
        pathNot: ['^libs/[^/]+/src/(testing/)?index\\.ts$', '^$1/$2/'],
      },
    },
    {
      name: 'nest-only-in-the-server',
      severity: 'error',
      from: { pathNot: '^apps/server/' },
      to: { path: 'node_modules/@nestjs/' },
    },
    {
      name: 'no-nest-in-the-protocol',
      severity: 'error',
      from: { path: '^apps/server/src/distribution/' },
      to: { path: 'node_modules/@nestjs/' },
    },
    {
      name: 'fastify-only-in-the-server',
      severity: 'error',
      from: { pathNot: '^apps/server/' },
      to: { path: 'node_modules/(@fastify/|fastify/)' },
    },
    {
      name: 'sql-only-in-metadata-and-migrations',
      severity: 'error',
      from: { pathNot: '^(libs/metadata|migrations)/' },
      to: { path: 'node_modules/(typeorm|pg)/' },
    },
    {
      name: 'host-programs-only-where-they-are-driven',
      severity: 'error',
      from: {
        path: '/src/',
        pathNot:
          '^libs/metadata/src/(folder-lock|postgres-cluster|postmaster|start-postmaster)\\.ts$|^libs/runtime/src/host-programs\\.ts$|spec\\.ts$|/testing/',
      },
      to: { path: '^(node:)?child_process$' },
    },
    {
      name: 'nobody-imports-tests',
      severity: 'error',
      from: { pathNot: '(spec|contract)\\.ts$|/test(ing)?/|^bench/' },
      to: { path: '(spec|contract)\\.ts$|/test(ing)?/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsConfig: { fileName: 'tsconfig.check.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  },
};
