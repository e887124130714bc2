import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { LoadGenerator } from './children.mjs'
import { freePort, ProcessGroup } from './processes.mjs'

const delayRelay = fileURLToPath(new URL('programs/delay-relay.mjs', import.meta.url))
/** Time for a case, in milliseconds: most take seconds, and one that takes longer hangs. */
const defaultLimitMs = 60_000
/** Attempts to reach the target: a link, or that of a provider, may come up after the ports. */
const probeTries = 40
const probePauseMs = 250
/** A system is quiet when it uses less than a tenth of a core; the wait for that has a limit. */
const quiet = { everyMs: 100, cpuShare: 0.1, limitMs: 6000 }
/** Time for memory to settle and for the garbage collector to run, in milliseconds. */
const settleMs = 2000

/** One started system with a load of its own, ready to be measured. */
export class RunningSystem {
  processes = new ProcessGroup()
  /** The long path; it is not part of the system. */
  #path = new ProcessGroup()
  #load = new LoadGenerator()
  #target
  #route

  constructor(target) {
    this.#target = target
  }

  /** @throws Error when it does not start, or carries no bytes. */
  static async start(system, target, path, far = { host: '127.0.0.1', nearHost: '127.0.0.1', prefix: [] }) {
    const running = new RunningSystem(target)
    try {
      const between = (port) => (path === undefined ? port : running.#lengthen(port, path))
      running.#route = await system.start({ processes: running.processes, targetPort: target.port, between, far })
      await running.#probe()
      return running
    } catch (error) {
      await running.stop()
      throw error
    }
  }

  /** Runs a case; `keep` stores all samples of a distribution, `report` stores figures before the case has ended. */
  runCase({ run, limitMs = defaultLimitMs }, { keep, report }) {
    return run({
      route: this.#route,
      processes: this.processes,
      keep,
      report,
      run: (task, load) => this.#load.run(task, load, { limitMs }),
      measure: (task, load, direction) => this.#measure(task, load, direction, limitMs),
      settle: () => this.#settle(),
      beside: (load, action) => this.#beside(load, action, limitMs),
    })
  }

  /**
   * Waits until the work of an earlier case is finished: some peers continue for seconds after a connection was closed.
   */
  async becomeQuiet() {
    for (const deadline = Date.now() + quiet.limitMs; Date.now() < deadline;) {
      const before = this.processes.cpuSeconds()
      await sleep(quiet.everyMs)
      const share = ((this.processes.cpuSeconds() - before) * 1000) / quiet.everyMs
      if (!(share > quiet.cpuShare)) return
    }
  }

  async stop() {
    this.#load.stop()
    await Promise.all([this.processes.stop(), this.#path.stop()])
  }

  /** Returns the bytes, the time and the CPU time between the marks of a task. */
  async #measure(task, load, direction, limitMs) {
    const samples = []
    const onMark = (name, receivedBytes) => samples.push(this.#sample(direction, receivedBytes))
    const result = await this.#load.run(task, load, { limitMs, onMark })
    const [before, after] = await Promise.all(samples)
    return {
      result,
      bytes: after.bytes - before.bytes,
      seconds: (after.atMs - before.atMs) / 1000,
      cpuSeconds: after.cpuSeconds - before.cpuSeconds,
    }
  }

  async #sample(direction, receivedBytes = 0) {
    const sample = { atMs: performance.now(), cpuSeconds: this.processes.cpuSeconds() }
    // Uploads are counted at the target: written bytes may still be in transit.
    return { ...sample, bytes: direction === 'up' ? await this.#target.receivedBytes() : receivedBytes }
  }

  /** Runs bulk streams during an action, from another process: they must not delay the measurement. */
  async #beside(load, action, limitMs) {
    const generator = new LoadGenerator()
    try {
      // The streams are stopped before their time is over; only a failure to begin matters.
      await new Promise((resolve, reject) => {
        generator.run('bulk', { ...load, durationMs: 2 * limitMs }, { onMark: resolve, limitMs }).catch(reject)
      })
      return await action()
    } finally {
      generator.stop()
    }
  }

  async #settle() {
    await sleep(settleMs)
    return this.processes.residentMebibytes()
  }

  async #lengthen(port, { delayMs, bytesPerSecond }) {
    const near = await freePort()
    const program = [process.execPath, delayRelay, near, port, delayMs, bytesPerSecond].map(String)
    await this.#path.start(program, near)
    return near
  }

  async #probe() {
    for (let tries = 1; ; tries++) {
      try {
        await this.#load.run('connectTimes', { route: this.#route, warmUp: 0, count: 1, limitMs: 0 }, { limitMs: 5000 })
        return
      } catch (error) {
        if (tries === probeTries) throw new Error(`it carries nothing: ${error.message}`, { cause: error })
        await sleep(probePauseMs)
      }
    }
  }
}
