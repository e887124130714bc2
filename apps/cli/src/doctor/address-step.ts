import { formatHostPort } from '@ls/foundation'
import { openServerStream } from '@ls/transport'
import { messageOf } from '../output/describe-error.js'
import type { Step } from './examination.js'
import { failure, type Finding } from './finding.js'

/** Checks a TCP connection to each address. */
export const addressStep: Step = {
  name: 'address',
  timeoutMs: 12_000,
  async run({ url, firstHop, addresses, report }) {
    const places =
      firstHop === undefined ? [url] : addresses.slice(0, maxAddresses).map((host) => placeAt(host, firstHop.port))
    const findings = await Promise.all(places.map(tryPlace))
    const isReached = findings.some(({ level }) => level === 'PASS')
    // A client uses the address that answers; one that does not only costs time.
    for (const finding of findings)
      report(isReached && finding.level === 'FAIL' ? { ...finding, level: 'WARN' } : finding)
    return isReached
  },
}

function placeAt(host: string, port: number): URL {
  return new URL(`ws://${formatHostPort(host, port)}/`)
}

async function tryPlace(url: URL): Promise<Finding> {
  const startedAtMs = performance.now()
  try {
    const stream = await openServerStream({ url, proxyFromEnvironment: false, dialTimeoutMs: connectMs })
    const ms = performance.now() - startedAtMs
    stream.destroy()
    return { step: 'address', level: 'PASS', text: `connected to ${url.host === '' ? url.pathname : url.host}`, ms }
  } catch (error) {
    return failure('address', error, { cure: cures[(error as { code?: string }).code ?? ''] ?? messageOf(error) })
  }
}

const cures: Readonly<Record<string, string>> = {
  ERR_TRANSPORT_REFUSED:
    'start the server, check the port, and have it listen on an address that others reach (--ws-host)',
  ERR_TRANSPORT_TIMEOUT:
    'a firewall drops the packets, or the host is off: open the port there, or use another one such as 443',
  ERR_TRANSPORT_UNREACHABLE:
    'check the network of this machine, a VPN, and whether it has IPv4 or IPv6 as the address needs',
}

/** Time for one address, in milliseconds: two lost SYNs take 3 s. */
const connectMs = 5000

/** Most addresses to check. A client tries 20; more than a few give no new information. */
const maxAddresses = 8
