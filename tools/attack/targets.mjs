import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('programs/targets.mjs', import.meta.url))

/**
 * The targets of the server, see programs/targets.mjs, in a process of their own: the attacker's work must not delay
 * their answers.
 */
export class Targets {
  echo
  sink
  drain
  source
  website
  /** Port over TCP and UDP that must not be reached. */
  forbidden
  /** Forbidden accesses that the targets have seen. */
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
