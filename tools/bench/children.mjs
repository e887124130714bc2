// The bench's own processes: the target and the load, one request at a time each.
import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** The far end; see programs/target.mjs. */
export class Target {
  #child
  port

  constructor({ host, prefix }) {
    this.#child = forkProgram('target.mjs', [host], prefix)
  }

  /** `place`: where it listens, and the command that takes it there; see path/shaped-path.mjs. */
  static async start(place = { host: '127.0.0.1', prefix: [] }) {
    const target = new Target(place)
    const [{ port }] = await once(target.#child, 'message')
    target.port = port
    return target
  }

  /** Bytes uploaded so far, by everyone. */
  async receivedBytes() {
    const answer = once(this.#child, 'message')
    this.#child.send('count')
    const [{ receivedBytes }] = await answer
    return receivedBytes
  }

  stop() {
    this.#child.kill('SIGKILL')
  }
}

/** The load; see programs/load.mjs. After a failure it is to be stopped, since what it was doing goes on. */
export class LoadGenerator {
  #child = forkProgram('load.mjs')

  /**
   * Runs a task to its end. `onMark` is told of its marks at once.
   *
   * @throws Error with the task's own reason, or when it is not done after `limitMs`.
   */
  async run(task, load, { onMark = () => {}, limitMs }) {
    let timer
    try {
      return await new Promise((resolve, reject) => {
        timer = setTimeout(() => reject(new Error(`${task} was not done after ${limitMs / 1000} s`)), limitMs)
        this.#child.removeAllListeners('message')
        this.#child.on('message', ({ mark, receivedBytes, error, result }) => {
          if (mark !== undefined) onMark(mark, receivedBytes)
          else if (error === undefined) resolve(result)
          else reject(new Error(error))
        })
        this.#child.send({ task, load })
      })
    } finally {
      clearTimeout(timer)
    }
  }

  stop() {
    this.#child.kill('SIGKILL')
  }
}

function forkProgram(name, args = [], prefix = []) {
  const path = fileURLToPath(new URL(`programs/${name}`, import.meta.url))
  if (prefix.length === 0) return fork(path, args, { execArgv: [] })
  const [program, ...rest] = [...prefix, process.execPath, path, ...args]
  return spawn(program, rest, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] })
}
