// The layers of the project: what each package may depend on, and which things belong to a single place.

const ground = ['@ls/foundation']
/** Packages below those that need Node. */
const nodeGround = ['@ls/dial', ...ground]
const bytes = ['@ls/codec', ...ground]
const bytesAndPolicy = [...bytes, '@ls/batching']
const protocols = ['@ls/mux', '@ls/socks5', '@ls/http-proxy']
const io = ['@ls/transport', '@ls/relay']

/** Packages that each package may use. A package that is not listed may not exist yet. */
export const mayUse = {
  '@ls/foundation': [],
  '@ls/dial': ground,
  '@ls/codec': ground,
  '@ls/batching': ground,
  '@ls/mux': bytes,
  '@ls/socks5': nodeGround,
  '@ls/http-proxy': nodeGround,
  '@ls/link': ['@ls/mux', ...bytes],
  '@ls/direct': ['@ls/link', '@ls/mux', '@ls/codec', ...ground],
  '@ls/web': ['@ls/link', '@ls/mux', ...bytes],
  '@ls/wisp': ['@ls/mux', ...bytes],
  '@ls/metrics': ground,
  '@ls/observe': ground,
  '@ls/transport': ['@ls/mux', '@ls/dial', ...bytes],
  '@ls/disguise': ['@ls/transport', '@ls/mux', ...bytes],
  '@ls/relay': [...protocols, '@ls/dial', ...bytesAndPolicy],
  '@ls/server': ['@ls/link', '@ls/wisp', ...io, ...protocols, '@ls/dial', ...bytesAndPolicy, '@ls/observe'],
  '@ls/client': ['@ls/direct', '@ls/link', ...io, ...protocols, '@ls/dial', ...bytesAndPolicy, '@ls/observe'],
  '@ls/cluster': ['@ls/server', '@ls/link', '@ls/mux', ...bytes],
  // Built files; they run no code in a server.
  '@ls/dashboard': [],
  linksocks: [
    '@ls/server',
    '@ls/cluster',
    '@ls/client',
    '@ls/disguise',
    '@ls/metrics',
    '@ls/observe',
    '@ls/dashboard',
    ...io,
    ...protocols,
    '@ls/dial',
    ...bytesAndPolicy,
  ],
  // The server in another runtime.
  '@ls/relay-worker': ['@ls/server', '@ls/web'],
  // Builds a website, and uses no package of this project.
  '@ls/site': [],
  // Runs in a browser, and uses only the API.
  '@ls/dashboard-page': ground,
  // Describes types structurally: the tests of every package use it, so a dependency of it would close a circle.
  '@ls/testkit': [],
}

/** Packages that run in a browser: no Node, and time only from a Clock. */
export const browserPackages = new Set([
  '@ls/foundation',
  '@ls/codec',
  '@ls/batching',
  '@ls/mux',
  '@ls/link',
  '@ls/web',
  '@ls/wisp',
  '@ls/socks5',
  '@ls/http-proxy',
])

/** Entries of a browser package that are for Node, as are the files that only they import. */
export const nodeEntries = new Set(['./node', './duplex'])

/** The only file that may read the process's own time. */
export const clockFile = 'packages/foundation/src/clock.ts'

/** External packages that only one package may use, so that they can be replaced in one place. */
export const onlyIn = {
  ws: '@ls/transport',
  bufferutil: '@ls/transport',
  'wreq-js': '@ls/disguise',
  'tls-impersonate': '@ls/disguise',
  '@peculiar/x509': 'linksocks',
  'acme-client': 'linksocks',
  'sonic-boom': 'linksocks',
  'prom-client': '@ls/metrics',
  '@nats-io/transport-node': '@ls/cluster',
  '@nats-io/kv': '@ls/cluster',
}

/** External packages that only one entry of a package may use, so that other bundles do not contain them. */
export const onlyBehind = { '@opentelemetry/api': './tracing' }

/** Packages with proxied connections: only {@link streamEndFile} decides how a connection ends. */
export const holdConnections = new Set(['@ls/relay', '@ls/http-proxy', '@ls/server', '@ls/socks5'])

export const streamEndFile = 'packages/dial/src/stream-end.ts'

/** Node's ways to close a connection, for names of connections; an `upstream` is a request. */
export const closesConnection =
  /\b(?!upstream\b)\w*(?:socket|stream|client|connection)\w*\??\.(?:destroy|destroySoon|resetAndDestroy)\(/i
