import { createServer, type Server } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { ListenError } from './listen-error.js'
import { openPort } from './open-port.js'

const servers: Server[] = []

function server(): Server {
  const made = createServer()
  servers.push(made)
  return made
}

afterEach(() => {
  for (const each of servers.splice(0)) each.close()
})

describe('openPort', () => {
  test('gives the port that the system chose', async () => {
    const made = server()
    const { port } = await openPort(made, { host: '127.0.0.1', port: 0 }, 'the proxy')
    expect(made.address()).toMatchObject({ port })
  })

  test('names what, where and why for a port that is in use', async () => {
    const { port } = await openPort(server(), { host: '127.0.0.1', port: 0 }, 'the proxy')
    await expect(openPort(server(), { host: '127.0.0.1', port }, 'the proxy')).rejects.toMatchObject({
      code: 'EADDRINUSE',
      place: `127.0.0.1:${port}`,
      message: `the proxy cannot listen on 127.0.0.1:${port}: the port is in use by another program`,
    })
  })
})

describe('ListenError', () => {
  test('has UNKNOWN for an error that is none of its codes, and the words of that error', () => {
    const { code, message } = new ListenError(
      'the proxy',
      '127.0.0.1:1',
      Object.assign(new Error('oh'), { code: 'EIO' }),
    )
    expect({ code, message }).toEqual({ code: 'UNKNOWN', message: 'the proxy cannot listen on 127.0.0.1:1: oh' })
  })

  test('has words of its own for a socket file', () => {
    const cause = Object.assign(new Error('oh'), { code: 'EACCES' })
    expect(new ListenError('the proxy', 'unix:/run/a', cause).message).toContain('the folder does not exist')
  })

  test('keeps a server that cannot accept a connection', async () => {
    const made = server()
    await openPort(made, { host: '127.0.0.1', port: 0 }, 'the proxy')
    expect(() => made.emit('error', new Error('accept EMFILE'))).not.toThrow()
  })
})
