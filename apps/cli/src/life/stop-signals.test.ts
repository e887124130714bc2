import { EventEmitter } from 'node:events'
import { describe, expect, test } from 'vitest'
import { aborted, listenForStop } from './stop-signals.js'

describe('listenForStop', () => {
  test.each(['SIGINT', 'SIGTERM'])('aborts on %s', (name) => {
    const { source, stop } = listening()
    source.emit(name)
    expect(stop.reason).toBe(name)
  })

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])('ends the process on a second %s with %i', (name, code) => {
    const { source, exits, clock } = listening()
    source.emit(name)
    clock.nowMs = 300
    source.emit(name)
    expect(exits).toEqual([code])
  })

  test('counts an echo of the same signal as the same request', () => {
    const { source, exits, clock } = listening()
    source.emit('SIGINT')
    clock.nowMs = 200
    source.emit('SIGINT')
    expect(exits).toEqual([])
  })

  test('ends the process immediately on another signal', () => {
    const { source, exits } = listening()
    source.emit('SIGINT')
    source.emit('SIGTERM')
    expect(exits).toEqual([143])
  })

  test('ignores SIGHUP in a service', () => {
    const { source, stop } = listening({ stopOnHangUp: false })
    source.emit('SIGHUP')
    expect(stop.aborted).toBe(false)
  })

  test('aborts on SIGHUP of a terminal', () => {
    const { source, stop } = listening({ stopOnHangUp: true })
    source.emit('SIGHUP')
    expect(stop.aborted).toBe(true)
  })
})

describe('aborted', () => {
  test('resolves for a signal that is aborted already', async () => {
    await expect(aborted(AbortSignal.abort())).resolves.toBeUndefined()
  })

  test('resolves once the signal is aborted', async () => {
    const controller = new AbortController()
    const waiting = aborted(controller.signal)
    controller.abort()
    await expect(waiting).resolves.toBeUndefined()
  })
})

function listening({ stopOnHangUp = false } = {}) {
  const source = new EventEmitter()
  const exits: number[] = []
  const clock = { nowMs: 0 }
  const stop = listenForStop({ source, stopOnHangUp, exit: (code) => exits.push(code), now: () => clock.nowMs })
  return { source, stop, exits, clock }
}
