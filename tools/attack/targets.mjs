import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('programs/targets.mjs', import.meta.url))

/**
 * What is reached through the server, see programs/targets.mjs: what the attacker computes must not delay its answers.
 */
export class Targets {
  echo
  sink
  drain
  source
  website
  /** TCP and UDP; nobody may reach it. */
  forbidden
  /** What the targets saw that must not be. */
  faults = []
  #child = fork(program, { execArgv: [] })

  static async start() {
    const targets = new Targets()
    const [{ places }] = await once(targets.#child, 'message')
    targets.#child.on('message', ({ fault }) => targets.faults.push(fault))
    return Object.assign(targets, places)
  }

  stop() {
    this.#child.kill('SIGKILL')
  }
}
