import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { withDeadline } from './deadline.js'

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

const options = { what: 'it', limitMs: 100 }
const never = () => new Promise<string>(() => {})

describe('withDeadline', () => {
  test('resolves as its attempt does and leaves no timer', async () => {
    await expect(withDeadline(options, async () => 'done', vi.fn())).resolves.toBe('done')
    expect(vi.getTimerCount()).toBe(0)
  })

  test('rejects as its attempt does, also if that throws synchronously', async () => {
    const attempt = (): Promise<never> => {
      throw new Error('broken')
    }
    await expect(withDeadline(options, attempt, vi.fn())).rejects.toThrow('broken')
    expect(vi.getTimerCount()).toBe(0)
  })

  test('rejects once the time is up and aborts the attempt', async () => {
    const attempt = vi.fn((_signal: AbortSignal) => never())
    const result = withDeadline(options, attempt, vi.fn())
    vi.advanceTimersByTime(100)
    await expect(result).rejects.toMatchObject({
      code: 'ERR_HTTP_PROXY_TIMEOUT',
      message: 'it took longer than 100 ms',
    })
    expect(attempt.mock.calls[0]?.[0].aborted).toBe(true)
  })

  test('rejects with the reason of its signal and leaves no timer', async () => {
    const controller = new AbortController()
    const result = withDeadline({ ...options, signal: controller.signal }, never, vi.fn())
    const reason = new Error('stop')
    controller.abort(reason)
    await expect(result).rejects.toBe(reason)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('does not begin with an aborted signal', async () => {
    const attempt = vi.fn(never)
    await expect(
      withDeadline({ ...options, signal: AbortSignal.abort(new Error('no')) }, attempt, vi.fn()),
    ).rejects.toThrow('no')
    expect(attempt).not.toHaveBeenCalled()
  })

  test('gives what comes too late to discard', async () => {
    const discard = vi.fn()
    let finish: (value: string) => void = () => {}
    const result = withDeadline(options, () => new Promise<string>((resolve) => (finish = resolve)), discard)
    vi.advanceTimersByTime(100)
    await expect(result).rejects.toThrow('it took longer')
    finish('late')
    await Promise.resolve()
    await Promise.resolve()
    expect(discard).toHaveBeenCalledWith('late')
  })
})
