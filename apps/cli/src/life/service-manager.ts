import { spawn } from 'node:child_process'
import { type Logger, maxTimerMs } from '@ls/foundation'
import type { Environment } from '../arguments/environment.js'

/** Sends variables to systemd; see sd_notify(3). */
export type Notify = (variables: readonly string[]) => void

/** Tells systemd how the program does, if it was started with `Type=notify`; else it does nothing. */
export class ServiceManager {
  #notify: Notify
  readonly #watchdogMs: number | undefined
  #timer: NodeJS.Timeout | undefined

  /** @param notify Replaces `systemd-notify`, for tests. */
  constructor(environment: Environment, logger: Logger, notify: Notify = systemdNotify(logger)) {
    const isAsked = (environment['NOTIFY_SOCKET'] ?? '') !== ''
    this.#notify = isAsked ? notify : () => {}
    this.#watchdogMs = isAsked ? watchdogMsOf(environment) : undefined
  }

  /** The program does its work, or does it again after a reload. */
  ready(status = 'running'): void {
    this.#notify(['READY=1', `STATUS=${status}`])
    if (this.#watchdogMs === undefined || this.#timer !== undefined) return
    // Half of it, as sd_watchdog_enabled(3) advises. A loop that stands still sends nothing.
    this.#timer = setInterval(() => this.#notify(['WATCHDOG=1']), this.#watchdogMs / 2).unref()
  }

  /** The configuration is being read again; `ready` is to follow. */
  reloading(): void {
    // CLOCK_MONOTONIC, which Type=notify-reload compares with its own.
    this.#notify(['RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`])
  }

  /** Something else happens that people should see. */
  status(status: string): void {
    this.#notify([`STATUS=${status}`])
  }

  /** Another process is the program now, and says how it does. */
  handedOver(): void {
    clearInterval(this.#timer)
    this.#notify = () => {}
  }

  /** The program ends. */
  stopping(): void {
    clearInterval(this.#timer)
    this.#notify(['STOPPING=1', 'STATUS=stopping'])
  }
}

/** Undefined where no watchdog is asked for, or that of another process. */
function watchdogMsOf({ WATCHDOG_USEC: period, WATCHDOG_PID: pid }: Environment): number | undefined {
  const periodMs = Number(period) / 1000
  if (!(periodMs > 0) || (pid !== undefined && pid !== String(process.pid))) return undefined
  return Math.min(Math.max(periodMs, minWatchdogMs), maxTimerMs)
}

/** Each sign of life starts a program. */
const minWatchdogMs = 1000

/** Node has no datagram sockets of UNIX; the program comes with systemd itself. */
function systemdNotify(logger: Logger): Notify {
  let isReported = false
  return (variables) => {
    const words = ['--no-block', `--pid=${process.pid}`, ...variables]
    spawn('systemd-notify', words, { stdio: 'ignore' })
      .on('error', (error) => {
        if (!isReported) logger.warn({ reason: error.message }, 'systemd cannot be told: systemd-notify does not start')
        isReported = true
      })
      .unref()
  }
}
