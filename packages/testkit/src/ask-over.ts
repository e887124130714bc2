import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'

/** Sends a GET request for `/` over the stream that `open` returns, as an `http.Agent` of a user does, and reads the answer. */
export async function askOver(open: () => Promise<Duplex>): Promise<string> {
  const agent = new Agent()
  agent.createConnection = (_options, callback) => {
    open().then(
      (stream) => callback?.(null, stream),
      (error: unknown) => callback?.(error as Error, undefined as unknown as Duplex),
    )
    return undefined
  }
  const [response] = (await once(get({ host: 'test', agent }), 'response')) as [IncomingMessage]
  return text(response)
}
