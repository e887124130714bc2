import { spawn } from 'node:child_process'
import { type Logger, maxTimerMs } from '@ls/foundation'
import type { Environment } from '../arguments/environment.js'

/** Sends variables to systemd; see sd_notify(3). */
export type Notify = (variables: readonly string[]) => void

/** Reports the program's status to systemd, if it was started with `Type=notify`; otherwise does nothing. */
export class ServiceManager {
  #notify: Notify
  readonly #watchdogMs: number | undefined
  #timer: NodeJS.Timeout | undefined

  readonly #onReady: () => void

  /**
   * @param notify Replaces `systemd-notify`: for workers, and for tests.
   * @param onReady Called by each {@link ready}, whether or not systemd has started the program.
   */
  constructor(
    environment: Environment,
    logger: Logger,
    notify: Notify = systemdNotify(logger),
    onReady: () => void = () => {},
  ) {
    this.#onReady = onReady
    const isAsked = (environment['NOTIFY_SOCKET'] ?? '') !== ''
    this.#notify = isAsked ? notify : () => {}
    this.#watchdogMs = isAsked ? watchdogMsOf(environment) : undefined
  }

  /** Reports that the program works, also after a reload. */
  ready(status = 'running'): void {
    this.#onReady()
    this.#notify(['READY=1', `STATUS=${status}`])
    if (this.#watchdogMs === undefined || this.#timer !== undefined) return
    // Half of it, as sd_watchdog_enabled(3) advises. A blocked event loop sends nothing.
    this.#timer = setInterval(() => this.#notify(['WATCHDOG=1']), this.#watchdogMs / 2).unref()
  }

  /** Reports that the configuration is being read again; call `ready` afterwards. */
  reloading(): void {
    // CLOCK_MONOTONIC, which Type=notify-reload compares with its own value.
    this.#notify(['RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`])
  }

  /** Reports any other status for people. */
  status(status: string): void {
    this.#notify([`STATUS=${status}`])
  }

  /** Stops reporting: another process has taken over, and reports from now on. */
  handedOver(): void {
    clearInterval(this.#timer)
    this.#notify = () => {}
  }

  /** Reports that the program ends. */
  stopping(): void {
    clearInterval(this.#timer)
    this.#notify(['STOPPING=1', 'STATUS=stopping'])
  }
}

/** Interval of the watchdog; undefined without one, and for that of another process. */
function watchdogMsOf({ WATCHDOG_USEC: period, WATCHDOG_PID: pid }: Environment): number | undefined {
  const periodMs = Number(period) / 1000
  if (!(periodMs > 0) || (pid !== undefined && pid !== String(process.pid))) return undefined
  return Math.min(Math.max(periodMs, minWatchdogMs), maxTimerMs)
}

/** Shortest interval, in milliseconds: each report starts a program. */
const minWatchdogMs = 1000

/** Sends variables with systemd's own program, since Node has no UNIX datagram sockets. */
function systemdNotify(logger: Logger): Notify {
  let isReported = false
  return (variables) => {
    // Not with --no-block: systemd drops what comes from a process that has ended by the time systemd reads it.
    const words = [`--pid=${process.pid}`, ...variables]
    spawn('systemd-notify', words, { stdio: 'ignore' })
      .on('error', (error) => {
        if (!isReported)
          logger.warn({ reason: error.message }, 'systemd cannot be notified: systemd-notify does not start')
        isReported = true
      })
      .unref()
  }
}
