import { describe, expect, test, vi } from 'vitest'
import { abortSignalOf, type Cancellation, Canceller } from './cancellation.js'

describe.each<[string, () => Cancellation & { abort(reason: Error): void }]>([
  ['Canceller', () => new Canceller()],
  [
    'what it stands in for, an AbortController,',
    () => {
      const controller = new AbortController()
      return Object.assign(controller.signal, { abort: (reason: Error) => controller.abort(reason) })
    },
  ],
])('%s', (_name, make) => {
  const reason = new Error('enough')

  test('is not aborted at first', () => {
    const cancellation = make()
    cancellation.throwIfAborted()
    expect({ aborted: cancellation.aborted, reason: cancellation.reason }).toEqual({
      aborted: false,
      reason: undefined,
    })
  })

  test('throws its reason once it is aborted, and keeps the first', () => {
    const cancellation = make()
    cancellation.abort(reason)
    cancellation.abort(new Error('another'))
    expect(() => cancellation.throwIfAborted()).toThrow(reason)
  })

  test('calls each listener once', () => {
    const cancellation = make()
    const listener = vi.fn()
    cancellation.addEventListener('abort', listener, { once: true })
    cancellation.abort(reason)
    cancellation.abort(reason)
    expect(listener).toHaveBeenCalledTimes(1)
  })

  test('calls no listener that was removed', () => {
    const cancellation = make()
    const listener = vi.fn()
    cancellation.addEventListener('abort', listener)
    cancellation.removeEventListener('abort', listener)
    cancellation.abort(reason)
    expect(listener).not.toHaveBeenCalled()
  })

  test('is aborted when its listeners look', () => {
    const cancellation = make()
    const seen: boolean[] = []
    cancellation.addEventListener('abort', () => seen.push(cancellation.aborted))
    cancellation.abort(reason)
    expect(seen).toEqual([true])
  })
})

describe('abortSignalOf', () => {
  test('aborts with the reason of the other', () => {
    const canceller = new Canceller()
    const signal = abortSignalOf(canceller)
    const before = signal.aborted
    canceller.abort(new Error('enough'))
    expect({ before, aborted: signal.aborted, reason: signal.reason as unknown }).toEqual({
      before: false,
      aborted: true,
      reason: new Error('enough'),
    })
  })

  test('is aborted where the other was', () => {
    const canceller = new Canceller()
    canceller.abort(new Error('enough'))
    expect(abortSignalOf(canceller).reason).toEqual(new Error('enough'))
  })

  test('returns a signal unchanged', () => {
    const { signal } = new AbortController()
    expect(abortSignalOf(signal)).toBe(signal)
  })
})
