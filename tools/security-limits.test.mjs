import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { SharedLedger } from '../packages/mux/src/memory/shared-ledger.ts'
import { PendingConnections } from '../packages/mux/src/pending/pending-connections.ts'
import { shareDescriptors } from '../packages/server/src/descriptor-limit.ts'
import { sourceConstant } from './source-constants.mjs'
import { repositoryRoot } from './workspace.mjs'

const read = (file) => readFileSync(join(repositoryRoot, file), 'utf8')
const table = read('docs/security.md').split('## Limits')[1]?.split('\n## ')[0] ?? ''
const cells = table.split('\n').filter((line) => line.startsWith('| '))
const rows = new Map(
  cells.slice(1).map((line) =>
    line
      .split('|')
      .slice(1, 3)
      .map((cell) => cell.trim()),
  ),
)

const mux = (name) => sourceConstant('packages/mux/src/options.ts', name)
const server = (file) => (name) => sourceConstant(`packages/server/src/${file}.ts`, name)
const relay = (file, name) => sourceConstant(`packages/relay/src/${file}.ts`, name)
const serverOption = server('options/resolve-options')
const unproven = server('port/web-socket-port')
const directProvider = (name) => sourceConstant('packages/direct/src/direct-provider.ts', name)
const throttle = server('links/auth-throttle')
const hosts = server('expose/hosts/http-hosts')
const late = server('links/late-refusals')
const tenants = server('tokens/tenants')
const listener = (name) => sourceConstant('packages/transport/src/listen/listener.ts', name)
const pending = (name) => sourceConstant('packages/mux/src/pending/pending-connections.ts', name)
const turns = (name) => sourceConstant('packages/transport/src/listen/turns.ts', name)
const handshakesOfAddress = sourceConstant('packages/transport/src/port/http-port.ts', 'handshakesPerSecond')
const lookUps = (name) => sourceConstant('packages/dial/src/resolve/dns-names.ts', name)
const metricsPort = (name) => sourceConstant('apps/cli/src/observe/metrics-port.ts', name)
const proxyHead = (name) => sourceConstant('packages/http-proxy/src/options.ts', name)

const files = 120_000
const shares = shareDescriptors(files)
const ofFiles = 'of the files that may be open'

/** Expected text of each row of the table, made from the values in the code. */
const limits = {
  'connections that have not authenticated yet': `${count(same(serverOption('maxPending'), pending('maxPending')))}, at a server at most ${part(shares.pending / files)} ${ofFiles}`,
  'those of one address, or of one /64 of IPv6': `${count(pending('maxOfAddress'))}, at most half of the above`,
  'those with TLS, which costs some 60 KiB each': `${part(pending('encryptedPart'))} of \`--max-pending\``,
  'requests of strangers that are being served': `${part(servedPart())} of \`--max-pending\``,
  'bytes of a link before its token is known, early data included': `${bytes(unproven('totalBytes'))}, in messages of ${bytes(unproven('messageBytes'))}`,
  'what all such links, and all clients of proxy ports in their handshake, have sent': `${bytes(pending('maxPendingBytes'))}, at a server at most ${part(tenants('strangersPart'))} of \`--memory-limit\``,
  'upgrades, or begun TLS handshakes, in one turn of the event loop': `${count(turns('jobsPerTurn'))}, and one in ${{ 4: 'four' }[turns('turnsPerJob')]} turns or ${turns('msPerJob')} ms on average`,
  'TLS handshakes of one address that begin in a second and do not end': `${part(handshakesOfAddress)} of its connections that may wait, ${count(handshakesOfAddress * pending('maxOfAddress'))}; those of \`--trusted-proxy\` are not limited`,
  'time for the frames of all links with many frames in a read, in one turn of the event loop': `${time(
    sourceConstant('packages/transport/src/websocket/read-turns.ts', 'processTurnMs'),
  )}, then they take turns`,
  'messages of a byte stream before its proxy handshake is over': bytes(
    relay('listen/pending-clients', 'messageBytes'),
  ),
  "requests of one connection to the WebSocket port, a host name, the API's socket, `--metrics` or the dashboard of a client, before the first one is answered": `${count(
    sourceConstant('packages/transport/src/port/pipelined-requests.ts', 'maxPipelined'),
  )}, then it is cut`,
  'head of a request at the WebSocket port': `${bytes(listener('maxHeadBytes'))}, within ${time(listener('headTimeoutMs'))}`,
  'head of each request to a host name, and the time between two': `${bytes(hosts('maxHeaderSize'))}, within ${time(hosts('headMs'))}`,
  'silence within the body of a request to a host name': `${time(hosts('bodySilenceMs'))}, then 408; an upload may last for hours`,
  'head of a request at a proxy port': bytes(proxyHead('maxHeadBytes')),
  'time for Auth, and for the handshake of a proxy client': time(
    same(
      serverOption('handshakeTimeoutMs'),
      relay('inbound/inbound', 'defaultHandshakeTimeoutMs'),
      proxyHead('headTimeoutMs'),
    ),
  ),
  links: `${count(same(serverOption('maxLinks'), listener('maxLinks')))}, at most ${part(shares.links / files)} ${ofFiles}`,
  'links of one token': `${part(server('links/link-room')('tokenPart'))} of all`,
  'wrong tokens and keys of an address': `${throttle('freeFailures')} are free, then a wait of ${time(throttle('firstDelayMs'))} that doubles up to ${time(throttle('maxDelayMs'))}; of a /48 of IPv6 ${throttle('freeBlockFailures')} are free, then it waits up to ${time(throttle('maxBlockDelayMs'))}; ${count(throttle('maxAddresses'))} of both are remembered for ${throttle('forgetMs') / 60_000} minutes`,
  'refusals of such an address': `after ${time(late('delayMs'))}; ${count(late('maxWaitingPerAddress'))} of one address wait, ${count(late('maxWaiting'))} in all, then the oldest is cut`,
  'channels to targets and connections at reverse ports, of one token': `${part(shares.tokenChannels / files)} ${ofFiles}`,
  'the same, of all tokens': `${part(shares.channels / files)} ${ofFiles}`,
  'ports that the providers of one token expose': count(server('expose/exposures')('maxTokenExposures')),
  'channels of one link': count(mux('maxChannels')),
  'bytes held for all clients': `${bytes(serverOption('processBudgetBytes'))}; ${part(keptPart())} is kept for ${tenants('guaranteedTenants')} tokens in equal parts`,
  'bytes held by a provider for all sessions of direct paths': `${bytes(directProvider('limitBytes'))}; ${part(keptPart())} is kept for ${directProvider('memoryShares')} of them in equal parts`,
  'bytes held for one link': bytes(mux('budgetBytes')),
  'messages of more than 64 KiB that have not arrived in full, of all links': `${bytes(sourceConstant('packages/transport/src/websocket/long-messages.ts', 'maxLongMessageBytes'))}, then the link whose message began first is cut`,
  'bytes that were sent and not acknowledged, of one link': bytes(mux('replayLimitBytes')),
  'first window of a channel': `${bytes(sourceConstant('packages/codec/src/limits.ts', 'defaultWindowBytes'))}, less where memory is short`,
  'window of a channel': `${bytes(mux('maxWindowBytes'))}, less where memory is short`,
  'messages about channels that a peer does not read': `${bytes(mux('controlQueueBytes'))}, ${bytes(sourceConstant('packages/mux/src/link/outbox.ts', 'shortControlQueueBytes'))} where memory is short`,
  'datagrams that wait in one channel': `${count(mux('datagramQueue'))}, at most ${bytes(mux('queueBytes'))}`,
  'sessions that wait for their client': `${count(serverOption('maxGraceSessions'))}, for ${time(same(serverOption('graceMs'), mux('graceMs')))}`,
  'those of one token': `${count(serverOption('maxTokenGraceSessions'))}, then ${1000 / tenants('crowdedIntervalMs')} new ones a second`,
  'a socket that only sends its rest': time(relay('copy/pump', 'defaultLingerMs')),
  'a channel without a byte': time(mux('idleLimitMs')),
  'a UDP association without a datagram': time(
    same(relay('udp/udp', 'defaultIdleMs'), relay('inbound/udp', 'defaultIdleMs')),
  ),
  'look-ups under way, and those of one token that wait': `${count(lookUps('maxRunning'))} and ${count(lookUps('maxWaitingPerTenant'))}`,
  'time for a look-up': time(sourceConstant('packages/dial/src/resolve/resolver.ts', 'timeoutMs')),
  'body of a request to the API': `${bytes(server('api/read-body')('maxBodyBytes'))}, within ${time(server('api/read-body')('bodyTimeoutMs'))}`,
  'connections to `--metrics`, or to the dashboard of a client': `${count(metricsPort('maxConnections'))}, then the oldest is cut; the head of a request within ${time(metricsPort('headersTimeout'))}`,
  'connections to the web server behind': `${server('fallback/reverse-proxy')('maxSockets')}, silent for ${time(server('fallback/reverse-proxy')('silenceMs'))} at most`,
  'parsers, in CI': `${count(fuzzed(read('package.json'), /fuzz\/run\.mjs --runs (\d+)/))} inputs for each property; ${count(fuzzed(read('tools/fuzz/run.mjs'), /runs: .*default: '(\d+)'/))} in \`pnpm fuzz\`, from a seed that is printed and kept`,
}

test.each(Object.entries(limits))('docs/security.md says of %s what the code does', (what, limit) => {
  expect(rows.get(what)).toBe(limit)
})

test('docs/security.md has no limit that nothing compares with the code', () => {
  expect([...rows.keys()].filter((what) => !(what in limits))).toEqual([])
})

/** Returns the value, which must be the same in all places. */
function same(...values) {
  expect(new Set(values).size).toBe(1)
  return values[0]
}

function count(value) {
  return value < 10_000 ? String(value) : value.toLocaleString('en-US')
}

function bytes(value) {
  const kibibytes = value / 1024
  return kibibytes < 1024 ? `${kibibytes} KiB` : `${kibibytes / 1024} MiB`
}

function time(ms) {
  if (ms < 1000) return `${ms} ms`
  if (ms <= 60_000) return `${ms / 1000} s`
  return ms < 3_600_000 ? `${ms / 60_000} min` : `${ms / 3_600_000} h`
}

function part(value) {
  const name = { 2: 'half', 3: 'a third', 4: 'a quarter', 5: 'a fifth', 8: 'an eighth' }[1 / value]
  if (value === 2 / 3) return 'two thirds'
  if (name === undefined) throw new RangeError(`there is no word for a part of ${value}`)
  return name
}

/** Returns the part of pending connections that stay if all of them are being served. */
function servedPart() {
  const connections = new PendingConnections({ maxPending: 100 })
  for (let added = 0; added < 100; added++) connections.add(undefined, () => {}).setServed(true)
  return connections.size / 100
}

/** Returns the part of a limit that is reserved for its members. */
function keptPart() {
  return 1 - new SharedLedger({ limitBytes: 1000, shares: 16 }).lendableBytes / 1000
}

function fuzzed(text, pattern) {
  return Number(pattern.exec(text)?.[1])
}
