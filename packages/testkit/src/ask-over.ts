import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'

/** Reads the answer to a GET request for `/` over the stream that `open` returns, through an `http.Agent`. */
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
