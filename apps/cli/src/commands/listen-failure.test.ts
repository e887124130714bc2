import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { explainListenFailure, proxyPort, webSocketPort } from './listen-failure.js'

const ports = [webSocketPort({ wsHost: '0.0.0.0', wsPort: 80 }), proxyPort({ socksHost: '::1', socksPort: 9870 })]

describe('explainListenFailure', () => {
  test.each([
    ['EADDRINUSE', 9870, 'port 9870 on ::1 cannot be opened: it is in use; choose another with --socks-port (-p)'],
    [
      'EACCES',
      80,
      'port 80 on 0.0.0.0 cannot be opened: this user has no permission, ports below 1024 need more rights; choose another with --ws-port (-P)',
    ],
    [
      'EMFILE',
      80,
      'port 80 on 0.0.0.0 cannot be opened: too many files are open (EMFILE); raise the limit (ulimit -n)',
    ],
    [
      'EADDRNOTAVAIL',
      9870,
      'port 9870 on ::1 cannot be opened: this machine has no such address (EADDRNOTAVAIL); choose another with --socks-host (-s)',
    ],
  ])('explains %s', (code, port, message) => {
    const system = Object.assign(new Error('listen'), { code, port, syscall: 'listen' })
    expect(explainListenFailure(new Error('outer', { cause: system }), ports).message).toBe(message)
  })

  test('names both flags when both ports are the same', () => {
    const same = [webSocketPort({ wsHost: '::1', wsPort: 1 }), proxyPort({ socksHost: '::1', socksPort: 1 })]
    const system = Object.assign(new Error('listen'), { code: 'EADDRINUSE', port: 1, syscall: 'listen' })
    expect(explainListenFailure(system, same).message).toMatch(/--ws-port \(-P\) or --socks-port \(-p\)$/)
  })

  test('knows what Node throws for a name that does not resolve', async () => {
    const server = createServer().listen({ port: 0, host: 'no-such-host.invalid' })
    const [error] = (await once(server, 'error')) as [Error]
    const [wanted] = [webSocketPort({ wsHost: 'no-such-host.invalid', wsPort: 0 })]
    expect(explainListenFailure(error, [wanted]).message).toMatch(
      /no such address .* choose another with --ws-host \(-H\)$/,
    )
  })

  test.each(['127.0.0.1:9999', '[::1]:9999', 'localhost:9999'])(
    'names the flag for the port of the host %s',
    (socksHost) => {
      const system = Object.assign(new Error('x'), { code: 'ENOTFOUND', hostname: socksHost, syscall: 'getaddrinfo' })
      expect(explainListenFailure(system, [proxyPort({ socksHost, socksPort: 9870 })]).message).toBe(
        `port 9870 on ${socksHost} cannot be opened: --socks-host (-s) has no port; give it with --socks-port (-p)`,
      )
    },
  )

  test('does not change other errors', () => {
    const error = new Error('other')
    expect(explainListenFailure(error, ports)).toBe(error)
  })

  test('keeps the cause', () => {
    const system = Object.assign(new Error('listen'), { code: 'EADDRINUSE', port: 80, syscall: 'listen' })
    expect(explainListenFailure(system, ports).cause).toBe(system)
  })

  test('returns a failure to connect unchanged', () => {
    const error = Object.assign(new Error('connect'), { code: 'ECONNREFUSED', port: 80, syscall: 'connect' })
    expect(explainListenFailure(error, ports)).toBe(error)
  })

  test('returns an error about a used socket file unchanged: no flag of a port caused it', () => {
    const error = Object.assign(new Error('listen'), { code: 'EADDRINUSE', address: '/run/a.sock', syscall: 'listen' })
    expect(explainListenFailure(error, ports)).toBe(error)
  })
})
