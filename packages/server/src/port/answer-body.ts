import type { ClientRequest, IncomingMessage } from 'node:http'

/** Reads the body of an answer to our own request, as text. @throws RangeError for more than `maxBytes` */
export async function answerBody(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBytes) throw new RangeError(`the answer has more than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/**
 * Resolves with the answer to our own request.
 *
 * @throws the error of its connection, or Error for a connection that closes without an answer: Node reports no error
 * after an upgrade that was not requested
 */
export function answerTo(asked: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    asked.on('response', resolve).on('error', reject)
    asked.on('close', () => reject(new Error('the connection closed without an answer')))
  })
}
