/**
 * Who may import whom (ARCHITECTURE.md). The layers from the bottom: objects; store, clock, config, errors; access;
 * query; records; chat; the protocols in api/; the assembly (server.ts, cli.ts and what only they use).
 */

/** Everything below the layers: any of them may import it. */
const FOUNDATION = ['^src/objects/', '^src/store/', '^src/(errors|clock|config)\\.ts$'];

/** A layer may import itself, what is named, the foundation and packages; anything else is forbidden. */
function layer(name, path, mayImport) {
  return {
    name,
    severity: 'error',
    comment: `${path} may import only ${mayImport.join(', ') || 'itself'}`,
    from: { path },
    to: { path: '^src/', pathNot: [path, ...mayImport] },
  };
}

module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'objects-are-data',
      severity: 'error',
      comment: 'the descriptions know nobody, no package either',
      from: { path: '^src/objects/' },
      to: { pathNot: '^src/objects/' },
    },
    layer('store', '^src/store/', ['^src/objects/', '^src/(errors|config)\\.ts$']),
    layer('access', '^src/access/', FOUNDATION),
    layer('query', '^src/query/', [...FOUNDATION, '^src/access/']),
    layer('records', '^src/records/', [...FOUNDATION, '^src/access/', '^src/query/']),
    layer('chat', '^src/chat/', [
      ...FOUNDATION,
      '^src/access/',
      '^src/records/(create|update|read-value)[^/]*\\.ts$',
    ]),
    layer('live-client', '^src/live-client/', ['^src/api/live/schema\\.ts$']),
    layer('api', '^src/api/', [...FOUNDATION, '^src/access/', '^src/query/', '^src/records/', '^src/chat/']),
    {
      name: 'protocols-apart',
      severity: 'error',
      comment: 'no folder of api/ imports another',
      from: { path: '^src/api/([^/]+)/' },
      to: { path: '^src/api/([^/]+)/', pathNot: '^src/api/$1/' },
    },
    layer('errors', '^src/errors\\.ts$', []),
    layer('config', '^src/config\\.ts$', []),
    layer('clock', '^src/clock\\.ts$', ['^src/store/']),
    {
      name: 'assembly-on-top',
      severity: 'error',
      comment: 'server.ts and cli.ts know all parts; no part knows them',
      from: { path: '^src/[^/]+/', pathNot: '^src/(server|cli)/' },
      to: { path: '^src/(server/|cli/|[^/]+\\.ts$)', pathNot: '^src/(errors|clock|config)\\.ts$' },
    },
    {
      name: 'server-by-cli-only',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli(/|\\.ts$)' },
      to: { path: '^src/(server|cli)\\.ts$' },
    },
    {
      name: 'no-development-packages',
      severity: 'error',
      comment: 'dist/ runs without them',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], pathNot: '^node_modules/@types/' },
    },
    {
      name: 'src-imports-src',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|demo|simulate|bench|scripts)/' },
    },
    {
      name: 'audit-apart',
      severity: 'error',
      comment: 'the audit of a simulation works everything out with code of its own',
      from: { path: '^simulate/audit/' },
      to: { path: '^src/chat/' },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  },
};
