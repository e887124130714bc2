import type { Step } from './examination.js'
import { failure } from './finding.js'
import { LinkAttempt } from './link-step.js'

/** Checks whether a link without pings of the client stays open. The server may ping, and then it is not quite idle. */
export function idleStep(idleMs: number): Step {
  return {
    name: 'idle',
    timeoutMs: idleMs + 30_000,
    async run(examination) {
      const { report, signal } = examination
      if (idleMs === 0) {
        report({ step: 'idle', level: 'SKIP', text: 'not requested (--idle)' })
        return true
      }
      const attempt = new LinkAttempt(examination, examination.client, false)
      try {
        const error = await attempt.open()
        if (error !== undefined) {
          report(failure('idle', error))
          return false
        }
        const startedAtMs = performance.now()
        const lived = await livesFor(idleMs, attempt, signal)
        const ms = performance.now() - startedAtMs
        if (lived) report({ step: 'idle', level: 'PASS', text: 'the link stayed up without our pings', ms })
        else report({ step: 'idle', level: 'WARN', text: 'the link was cut while it was idle', cure, ms })
        return true
      } finally {
        await attempt.close()
      }
    },
  }
}

function livesFor(idleMs: number, { client }: LinkAttempt, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(true), idleMs)
    const end = (): void => {
      clearTimeout(timer)
      resolve(false)
    }
    signal.addEventListener('abort', end, { once: true })
    void client.closed.then(end)
  })
}

const cure = 'ping more often than that (--heartbeat), or raise the idle limit of the middlebox'
