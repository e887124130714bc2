import { createServer } from 'node:http'
import { onceEvent, until } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { afterTest, rawConnection, startListener, untilEnd } from '../../testing/listening.js'
import { PipelinedRequests } from './pipelined-requests.js'

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
    response.once('close', () => {
      answers.closed++
      pipelined.answered(response)
    })
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

test('listen passes 16 of many concurrent requests to onRequest, and cuts the connection', async () => {
  let asked = 0
  const listener = await startListener({ onRequest: (_request, response) => void response.end(String(++asked)) })
  const client = await rawConnection({ port: listener.address().port, host: '127.0.0.1' })
  const end = untilEnd(client)
  client.write(get.repeat(1000))
  await end
  expect({ asked, badRequest: listener.refusals['bad-request'] }).toEqual({ asked: 16, badRequest: 1 })
})
