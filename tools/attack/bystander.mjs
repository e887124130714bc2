import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { percentile } from './judge.mjs'

const program = fileURLToPath(new URL('programs/bystander.mjs', import.meta.url))
const pollMs = 50

/** The bystander, another tenant, in a process of its own: the attacker's work must not delay its measurements. */
export class Bystander {
  #child

  constructor(tasks, environment = {}) {
    const env = { ...process.env, ...environment }
    this.#child = fork(program, [JSON.stringify(tasks)], { execArgv: [], env })
  }

  async watch(durationMs, enough) {
    await this.#ask('begin')
    const until = performance.now() + durationMs
    while (performance.now() < until || !enough()) await sleep(pollMs)
    const { timesMs, failed, reason } = await this.#ask('report')
    return { count: timesMs.length, p50: percentile(timesMs, 0.5), p99: percentile(timesMs, 0.99), failed, reason }
  }

  stop() {
    this.#child.kill('SIGKILL')
  }

  async #ask(what) {
    const answer = once(this.#child, 'message')
    this.#child.send(what)
    const [report] = await answer
    return report
  }
}
