import { useEffect, useState } from 'preact/hooks'
import { ApiError } from '../api/call.js'
import { session } from '../api/session.js'

export interface Polled<T> {
  /** The last answer; undefined before the first. */
  readonly value: T | undefined
  /** Reason why the last call failed. */
  readonly error: string | undefined
  /** Sends a request immediately. */
  refresh(): void
}

/** Polls the server while the component is shown. */
export function usePolled<T>(ask: (signal: AbortSignal) => Promise<T>, periodMs: number): Polled<T> {
  const [state, setState] = useState<{ value?: T; error?: string }>({})
  const [round, setRound] = useState(0)
  useEffect(() => {
    const stopping = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const next = async (): Promise<void> => {
      try {
        const value = await ask(stopping.signal)
        if (!stopping.signal.aborted) setState({ value })
      } catch (error) {
        if (stopping.signal.aborted) return
        if (error instanceof ApiError && error.status === 401) session.value = 'out'
        setState((last) => ({ ...last, error: String(error instanceof Error ? error.message : error) }))
      }
      if (!stopping.signal.aborted) timer = setTimeout(() => void next(), periodMs)
    }
    void next()
    return () => {
      stopping.abort()
      clearTimeout(timer)
    }
  }, [ask, periodMs, round])
  return { value: state.value, error: state.error, refresh: () => setRound((last) => last + 1) }
}
