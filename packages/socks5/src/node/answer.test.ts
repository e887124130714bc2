import type { Socket } from 'node:net'
import { duplexPair } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { ReplyCode } from '../reply.js'
import type { SocksRequest } from '../request.js'
import { Answer } from './answer.js'

const request: SocksRequest = {
  version: 5,
  command: 'connect',
  destination: { host: 'a', port: 80, type: 'domain' },
  user: undefined,
  userId: undefined,
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})

afterEach(() => {
  vi.useRealTimers()
})

function start() {
  const [socket] = duplexPair() as unknown as [Socket]
  const replies: ReplyCode[] = []
  const answer = new Answer({ request, socket, reply: (code) => replies.push(code) }, undefined, 100)
  return { answer, replies, socket }
}

describe('Answer', () => {
  test('answers `timeout` when no other answer comes', () => {
    const { answer, replies } = start()
    vi.advanceTimersByTime(100)
    expect({ replies, aborted: answer.signal.aborted }).toEqual({ replies: ['timeout'], aborted: true })
  })

  test.each(['accept', 'reject'] as const)('leaves no timer after %s', (method) => {
    const { answer } = start()
    answer[method]('refused' as never)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('leaves no timer when the client goes', async () => {
    const { answer, socket } = start()
    socket.destroy()
    await new Promise((resolve) => socket.once('close', resolve))
    expect({ timerCount: vi.getTimerCount(), aborted: answer.signal.aborted }).toEqual({ timerCount: 0, aborted: true })
  })

  test('does not abort its signal once it has answered', async () => {
    const { answer, socket } = start()
    answer.accept()
    socket.destroy()
    await new Promise((resolve) => socket.once('close', resolve))
    expect(answer.signal.aborted).toBe(false)
  })

  test('aborts for a client that has disconnected before', () => {
    const { socket } = start()
    socket.destroy()
    const late = new Answer({ request, socket, reply: () => {} }, undefined, 100)
    expect(late.signal.aborted).toBe(true)
  })
})
