/* Who may import whom, as docs/architecture.md draws it. Kept alive by tests/planted-violations. */

const test = '[.](integration[.]|lab[.])?test[.]ts$|-(suite|contract)[.]ts$|/(testing|test-fixture)/';
const cores = '^services/[^/]+/core/|^libs/(kernel|contracts)/';
/** What a real adapter must do, and the ports it does it for: types and tests, no adapter. */
const promises = [
  '^services/(host-agent|storage|failover)/ports[.]ts$',
  '^services/host-agent/adapters/hypervisor-contract[.]ts$',
  '^services/storage/adapters/store-contract[.]ts$',
  '^services/failover/adapters/power-contract[.]ts$',
  '^libs/bus/(bus|bus-contract|bus-contract-suite)[.]ts$',
].join('|');
const packages = (names) => `(^|node_modules/)(${names})(/|$)`;

/** @param {string} from @param {string} allowed */
const only = (name, comment, from, allowed) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from, pathNot: test },
  to: { pathNot: allowed },
});

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    only('kernel-imports-nothing', 'The kernel is pure', '^libs/kernel/', '^libs/kernel/'),
    only(
      'contracts-import-zod',
      'Contracts are schemas, nothing else',
      '^libs/contracts/',
      `^libs/contracts/|${packages('zod')}`,
    ),
    only(
      'core-imports-kernel-and-contracts',
      'A core decides; it performs nothing',
      '^services/([^/]+)/core/',
      '^services/$1/core/|^libs/(kernel|contracts)/',
    ),
    {
      name: 'service-imports-no-service',
      comment: 'Services speak over the bus',
      severity: 'error',
      from: { path: '^services/([^/]+)/' },
      to: { path: '^services/', pathNot: '^services/$1/' },
    },
    {
      name: 'service-imports-own-files-and-libs',
      comment: 'Neither the lab nor a client is part of a service',
      severity: 'error',
      from: { path: '^services/', pathNot: test },
      to: { path: '^(lab|clients|bench|tests)/' },
    },
    {
      name: 'libs-import-libs',
      comment: 'Libraries know no one who uses them',
      severity: 'error',
      from: { path: '^libs/', pathNot: test },
      to: { path: '^(services|clients|lab|bench|tests)/' },
    },
    {
      name: 'only-bus-imports-nats',
      comment: 'Everyone else uses the port',
      severity: 'error',
      from: { pathNot: `^libs/bus/|^lab/|${test}` },
      to: { path: packages('@nats-io') },
    },
    {
      name: 'clients-import-client-contracts-and-lab',
      comment: 'A client is outside: it knows the API and starts the lab',
      severity: 'error',
      from: { path: '^clients/([^/]+)/', pathNot: test },
      to: { path: '^(services|libs|clients)/', pathNot: '^libs/(client|contracts)/|^clients/$1/' },
    },
    {
      name: 'lab-imports-entry-points',
      comment: 'The lab runs services; it does not reach into them',
      severity: 'error',
      from: { path: '^lab/', pathNot: test },
      to: { path: '^services/', pathNot: '^services/[^/]+/[^/]+[.]ts$' },
    },
    {
      name: 'bench-imports-lab-and-client',
      comment: 'A benchmark measures from outside: it breaks the lab and asks the API, or runs a core by itself, or on a bus',
      severity: 'error',
      from: { path: '^bench/', pathNot: test },
      to: { path: '^(services|libs|clients|sim|tests)/', pathNot: `^libs/(client|bus)/|${cores}` },
    },
    {
      name: 'sim-imports-cores',
      comment: 'The simulator runs the very cores, and nothing else of the services',
      severity: 'error',
      from: { path: '^sim/', pathNot: '^sim/contract/' },
      to: { path: '^(services|libs|clients|lab|tests|sim/contract)/', pathNot: cores },
    },
    {
      name: 'sim-contract-imports-promises',
      comment: 'Tests that the simulated plant behaves as the real one; they ship with nothing',
      severity: 'error',
      from: { path: '^sim/contract/' },
      to: { path: '^(services|libs|clients|lab|tests)/', pathNot: `${cores}|${promises}` },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: { pathNot: test },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-junk-drawers',
      comment: 'Name a folder or file after what it holds',
      severity: 'error',
      from: {},
      to: { path: '(^|/)(utils?|helpers?|common|shared)(/|[.]ts$)', pathNot: 'node_modules' },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/|planted-violations' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.tests.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
