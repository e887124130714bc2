import { getServers } from 'node:dns'
import { isIP } from 'node:net'
import { resolveAll, Resolver, resolversFor } from '@ls/dial'
import { formatHostPort, isLocalhost } from '@ls/foundation'
import { messageOf } from '../output/describe-error.js'
import type { Examination, Step } from './examination.js'
import { failure } from './finding.js'

/** Resolves the addresses of the server, or of the first proxy, and checks each name server. */
export const namesStep: Step = {
  name: 'names',
  timeoutMs: 600_000,
  async run(examination) {
    const { firstHop } = examination
    if (firstHop === undefined) return skipped(examination, 'a UNIX socket has no name')
    const { host } = firstHop
    if (isIP(host) !== 0) {
      examination.addresses = [host]
      return skipped(examination, `${host} is an address`)
    }
    const [isFound] = await Promise.all([lookUp(examination, host), askEachServer(examination, host)])
    return isFound
  },
}

function skipped({ report }: Examination, text: string): true {
  report({ step: 'names', level: 'SKIP', text })
  return true
}

/** Resolves a name as a client does. */
async function lookUp(examination: Examination, host: string): Promise<boolean> {
  const { client, report } = examination
  const startedAtMs = performance.now()
  const took = (): { ms: number } => ({ ms: performance.now() - startedAtMs })
  try {
    const { servers } = resolversFor(client.dns)
    examination.addresses = await resolveAll(servers, host)
    report({ step: 'names', level: 'PASS', text: `${host} is ${examination.addresses.join(', ')}`, ...took() })
    return true
  } catch (error) {
    const { code } = error as { code?: string }
    const cure = cures[code ?? ''] ?? 'check the spelling, and whether this machine is online'
    report({
      ...failure('names', error, took()),
      text: `${host}: ${messageOf(error)}`,
      code: 'ERR_TRANSPORT_DNS',
      cure,
    })
    return false
  }
}

/**
 * Queries each name server. One that does not answer delays every lookup; one with another answer explains a fault that
 * comes and goes.
 */
async function askEachServer({ client, report }: Examination, host: string): Promise<void> {
  if (isLocalhost(host)) return
  const configured = client.dns?.servers ?? []
  const servers = configured.length > 0 ? configured : getServers()
  const ask = async (server: string): Promise<void> => {
    const startedAtMs = performance.now()
    try {
      const timeoutMs = Math.min(client.dns?.timeoutMs ?? serverMs, serverMs)
      const resolver = new Resolver({ servers: [server], timeoutMs, files: { hosts: noFile } })
      const addresses = await resolveAll(resolver, host)
      const text = `name server ${server} says ${addresses.join(', ')}`
      report({ step: 'names', level: 'PASS', text, ms: performance.now() - startedAtMs })
    } catch (error) {
      // The hosts file, or another server, may still have the name.
      report({ step: 'names', level: 'WARN', text: `name server ${server}: ${messageOf(error)}` })
    }
  }
  await Promise.all(servers.slice(0, maxServers).map(withPort).map(ask))
}

/** Adds the port to a name server. Node lists IPv6 servers without brackets. */
function withPort(server: string): string {
  return isIP(server) === 6 ? formatHostPort(server, 53) : server
}

const cures: Readonly<Record<string, string>> = {
  ENOTFOUND:
    'check the spelling of the name; a name of a private network needs the name server of that network (--dns-server)',
  EAI_NODATA: 'the name exists without an address: check its A and AAAA records',
  EAI_AGAIN:
    'the name server does not answer: check whether this machine is online, or give another one with --dns-server',
}

/** Longest time for one server, in milliseconds. */
const serverMs = 5000

/** Most servers to query: more than any system has. */
const maxServers = 8

/** Path of a missing hosts file, so that the server answers. */
const noFile = '/nonexistent/hosts'
