import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { onceEvent, until } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { afterTest, rawConnection, startListener, untilEnd, upgradeHead } from '../../testing/listening.js'
import { answerInTurn, PipelinedRequests } from './pipelined-requests.js'

const get = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n'

interface Answers {
  readonly port: number
  readonly reasons: string[]
  answered: number
  closed: number
}

async function start(): Promise<Answers> {
  const answers: Answers = { port: 0, reasons: [], answered: 0, closed: 0 }
  const pipelined = new PipelinedRequests((_socket, reason) => answers.reasons.push(reason))
  const server = createServer((_request, response) => {
    if (!pipelined.takes(response)) return
    response.once('close', () => answers.closed++)
    answers.answered++
    response.end()
  })
  await onceEvent(server.listen(0, '127.0.0.1'), 'listening')
  afterTest(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return Object.assign(answers, { port: typeof address === 'object' ? address?.port : 0 })
}

describe('PipelinedRequests', () => {
  test('cuts a connection with more than 16 requests that are not answered, and takes none of the others', async () => {
    const answers = await start()
    const client = await rawConnection({ port: answers.port, host: '127.0.0.1' })
    const end = untilEnd(client)
    client.write(get.repeat(1000))
    await end
    expect({ answered: answers.answered, reasons: answers.reasons }).toEqual({
      answered: 16,
      reasons: ['more than 16 requests before the first one is answered'],
    })
  })

  test('closes each response whose connection is cut before its turn, so that nothing waits for it', async () => {
    const answers = await start()
    const client = await rawConnection({ port: answers.port, host: '127.0.0.1' })
    client.write(get.repeat(1000))
    await untilEnd(client)
    await until(() => answers.closed >= 16, 'the end of all responses')
    expect(answers.closed).toBe(16)
  })

  test('accepts 16 concurrently, and as many again once they are answered', async () => {
    const answers = await start()
    const client = await rawConnection({ port: answers.port, host: '127.0.0.1' })
    let text = ''
    client.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
    const count = (): number => text.split('200 OK').length - 1
    client.write(get.repeat(16))
    await until(() => count() === 16, 'the first answers')
    client.write(get.repeat(16))
    await until(() => count() === 32, 'the others')
    expect(answers.reasons).toEqual([])
  })
})

describe('answerInTurn', () => {
  /** Serves 16 pipelined requests of a client that reads nothing, until all of them have arrived. */
  async function startUnread(): Promise<{ client: Socket; started: string[] }> {
    const started: string[] = []
    let arrived = 0
    const server = createServer(
      answerInTurn(({ url = '' }, response) => {
        started.push(url)
        // More than a kernel holds for a connection whose peer does not read.
        response.end(Buffer.alloc(8 * 1024 * 1024, url))
      }),
    ).prependListener('request', () => arrived++)
    await onceEvent(server.listen(0, '127.0.0.1'), 'listening')
    afterTest(() => {
      server.closeAllConnections()
      server.close()
    })
    const client = await rawConnection({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' })
    client.pause()
    client.write(Array.from({ length: 16 }, (_, at) => `GET /${at} HTTP/1.1\r\nHost: h\r\n\r\n`).join(''))
    await until(() => arrived === 16, 'all requests')
    return { client, started }
  }

  test('starts a request only when the answer before it has left', async () => {
    const { started } = await startUnread()
    expect(started).toEqual(['/0'])
  })

  test('starts the others, in order, as the answers are read', async () => {
    const { client, started } = await startUnread()
    client.on('data', () => {}).resume()
    await until(() => started.length === 16, 'all answers')
    expect(started).toEqual(Array.from({ length: 16 }, (_, at) => `/${at}`))
  })

  test('starts none of the others once the connection is closed', async () => {
    const { client, started } = await startUnread()
    client.destroy()
    await untilEnd(client)
    expect(started).toEqual(['/0'])
  })
})

test('listen cuts an upgrade behind a request without a whole answer', async () => {
  const listener = await startListener({ onRequest: (_request, response) => void response.write('begun') })
  const client = await rawConnection({ port: listener.address().port, host: '127.0.0.1' })
  client.write(get + upgradeHead())
  expect(await untilEnd(client)).not.toMatch('101 Switching Protocols')
})

test('listen accepts an upgrade behind an answer', async () => {
  const listener = await startListener({ onRequest: (_request, response) => void response.end('whole') })
  const client = await rawConnection({ port: listener.address().port, host: '127.0.0.1' })
  let text = ''
  client.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
  client.write(get + upgradeHead())
  await until(() => text.includes('\r\n\r\n') && text.includes(' 101 '), 'both answers')
  expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*whole[^]*HTTP\/1\.1 101 /)
})

test('listen passes at most 16 of many concurrent requests to onRequest, and cuts the connection', async () => {
  let asked = 0
  const listener = await startListener({ onRequest: (_request, response) => void response.end(String(++asked)) })
  const client = await rawConnection({ port: listener.address().port, host: '127.0.0.1' })
  const end = untilEnd(client)
  client.write(get.repeat(1000))
  await end
  expect({ asked: asked <= 16, badRequest: listener.refusals['bad-request'] }).toEqual({ asked: true, badRequest: 1 })
})
