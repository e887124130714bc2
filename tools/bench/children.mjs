// The benchmark's own processes, the target and the load; each serves one request at a time.
import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** The target; see programs/target.mjs. */
export class Target {
  #child
  port

  constructor({ host, prefix }) {
    this.#child = forkProgram('target.mjs', [host], prefix)
  }

  /** `place`: where it listens, and the prefix of its command line; see path/shaped-path.mjs. */
  static async start(place = { host: '127.0.0.1', prefix: [] }) {
    const target = new Target(place)
    const [{ port }] = await once(target.#child, 'message')
    target.port = port
    return target
  }

  /** Returns the bytes uploaded so far, over all connections. */
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

/** The load; see programs/load.mjs. Stop it after a failure: the failed task may still run. */
export class LoadGenerator {
  #child = forkProgram('load.mjs')

  /**
   * Runs a task to its end. `onMark` is called immediately for each of its marks.
   *
   * @throws Error with the reason of the task, or when it takes longer than `limitMs`.
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
