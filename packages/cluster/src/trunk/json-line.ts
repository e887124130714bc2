import type { Duplex } from 'node:stream'
import { ClusterError } from '../errors.js'

/** Longest line, in bytes: a hello has about 300. */
const maxLineBytes = 4096

/** Timeout for a line, in milliseconds: both nodes answer immediately, a busy one within this time. */
const lineTimeoutMs = 5000

export function writeLine(stream: Duplex, value: object): void {
  stream.write(`${JSON.stringify(value)}\n`)
}

/** Reads one line of JSON; following bytes stay in the stream. @throws ClusterError when none comes */
export function readLine(stream: Duplex): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let seen = Buffer.alloc(0)
    const settle = (finish: () => void): void => {
      clearTimeout(timer)
      stream.off('readable', onReadable).off('close', onEnd).off('end', onEnd).off('error', onEnd)
      finish()
    }
    const fail = (reason: string): void => settle(() => reject(new ClusterError('ERR_CLUSTER_NODE', reason)))
    const onEnd = (): void => fail('the connection to the other node closed')
    const onReadable = (): void => {
      const chunk = stream.read() as Buffer | null
      if (chunk === null) return
      seen = Buffer.concat([seen, chunk])
      const end = seen.indexOf('\n')
      if ((end < 0 ? seen.length : end) > maxLineBytes) return fail(`a line of more than ${maxLineBytes} bytes`)
      if (end < 0) return undefined
      settle(() => {
        if (end + 1 < seen.length) stream.unshift(seen.subarray(end + 1))
        try {
          resolve(JSON.parse(seen.subarray(0, end).toString()))
        } catch {
          reject(new ClusterError('ERR_CLUSTER_NODE', 'a line that is no JSON'))
        }
      })
    }
    const timer = setTimeout(() => fail(`no answer within ${lineTimeoutMs} ms`), lineTimeoutMs)
    stream.on('readable', onReadable).on('close', onEnd).on('end', onEnd).on('error', onEnd)
  })
}
