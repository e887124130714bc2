import type { LinkSocksClient } from '@ls/client'
import { probeHost, probePorts } from '@ls/relay'
import type { Finding } from './finding.js'

/** Result of datagrams that should come back. */
export interface DatagramOutcome {
  /** Round trips of those that came back, in milliseconds. */
  readonly tripsMs: readonly number[]
  /** Reason why the association ended; undefined if it did not. */
  readonly refusal: string | undefined
}

type Session = LinkSocksClient['sessions'][number]

/** Sends datagrams to the echo of the other end, as programs do through SOCKS5. */
export function measureDatagrams(session: Session): Promise<DatagramOutcome> {
  return new Promise((resolve) => {
    const tripsMs: number[] = []
    const sentAtMs: number[] = []
    const end = (refusal?: string): void => {
      clearInterval(sending)
      clearTimeout(limit)
      resolve({ tripsMs, refusal })
      channel.disconnect()
    }
    const channel = session.open(
      { protocol: 'udp' },
      {
        onDatagram: (payload) => {
          const sent = sentAtMs[payload[0] ?? count]
          if (sent !== undefined) tripsMs.push(performance.now() - sent)
          if (tripsMs.length === count) end()
        },
        onClose: ({ error }) => end(error),
      },
    )
    channel.resume()
    const sending = setInterval(() => {
      if (sentAtMs.length === count) return clearInterval(sending)
      const payload = new Uint8Array(datagramBytes).fill(sentAtMs.length)
      sentAtMs.push(performance.now())
      channel.sendDatagram(payload, { target: { host: probeHost, port: probePorts.echo } })
    }, periodMs)
    const limit = setTimeout(() => end(), limitMs)
  })
}

/** Finding about how many came back. */
export function dropOutcome({ tripsMs, refusal }: DatagramOutcome): Finding {
  if (refusal !== undefined && tripsMs.length === 0) {
    const cure = 'the server, or the token, carries no UDP: look at its policy and its upstream proxies'
    return { step: 'udp', level: 'WARN', text: `refused: ${refusal === '' ? 'without a reason' : refusal}`, cure }
  }
  const median = tripsMs.toSorted((a, b) => a - b)[Math.floor(tripsMs.length / 2)] ?? 0
  const text = `${tripsMs.length} of ${count} datagrams came back${tripsMs.length === 0 ? '' : `, after ${median.toFixed(1)} ms at the median`}`
  if (tripsMs.length === count) return { step: 'udp', level: 'PASS', text }
  return {
    step: 'udp',
    level: 'WARN',
    text,
    cure: 'datagrams are dropped: the link is overloaded, or a rate is reached',
  }
}

const count = 20

/** Length of a datagram, which fits any path's MTU. */
const datagramBytes = 1000

/** Interval, in milliseconds: 100 datagrams a second, as in a call. */
const periodMs = 10

/** Longest wait, in milliseconds. */
const limitMs = 3000
