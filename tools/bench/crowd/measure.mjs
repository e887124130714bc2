import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { percentile } from '../../attack/judge.mjs'
import { ProcessGroup } from '../processes.mjs'
import { modes } from './rows.mjs'

/** Duration of each part, in ms. In `settle` the connections that the crowd has opened become quiet. */
const partMs = { warmUp: 2000, alone: 8000, settle: 4000, beside: 10_000 }

/** Measures one mode with one direction of the crowd, and stops everything that it has started. */
export async function measureRow({ mode, direction, crowd, program }) {
  const processes = new ProcessGroup()
  const children = []
  const start = (name, argument) => {
    const child = new Child(name, argument)
    children.push(child)
    return child
  }
  try {
    const ports = await start('target').next()
    const place = { processes, targetPort: ports.echo, between: (port) => port, far: localPlace }
    const route = await modes[mode](program).start(place)
    const runner = start('runner', { ...route, targetPort: ports.echo })
    await runner.next()
    await sleep(partMs.warmUp)
    const alone = await watch(runner, partMs.alone)
    const before = memoryOf(processes)
    const target = direction === 'down' ? ports.source : ports.sink
    const { opened } = await start('crowd', { ...route, targetPort: target, crowd, writes: direction === 'up' }).next()
    await sleep(partMs.settle)
    const beside = await watch(runner, partMs.beside)
    const memory = memoryOf(processes).map((after, index) => ({
      ...after,
      before: before[index].mebibytes,
      after: after.mebibytes,
    }))
    return { mode, direction, crowd, opened, alone, beside, memory }
  } finally {
    for (const child of children) child.stop()
    await processes.stop()
  }
}

const localPlace = { host: '127.0.0.1', nearHost: '127.0.0.1', prefix: [] }

async function watch(runner, durationMs) {
  runner.ask('begin')
  await sleep(durationMs)
  runner.ask('report')
  const { timesMs, bytes, seconds, failed, reason } = await runner.next()
  const [p50, p99] = [0.5, 0.99].map((share) => percentile(timesMs, share))
  return { p50, p99, bytesPerSecond: bytes / seconds, failed, reason }
}

/** Returns the role and the resident memory of each process. */
function memoryOf({ pids }) {
  return pids.map((pid) => {
    // Our program sets its title to its command line.
    const role = /\b(server|client|provider|connector)\b/.exec(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))?.[0]
    const kibibytes = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
    return { title: role ?? String(pid), mebibytes: Math.round(kibibytes / 1024) }
  })
}

/** A program of the folder `programs`, and its messages. */
class Child {
  #child

  constructor(name, argument = {}) {
    const path = fileURLToPath(new URL(`programs/${name}.mjs`, import.meta.url))
    this.#child = fork(path, [JSON.stringify(argument)], { execArgv: [] })
  }

  ask(what) {
    this.#child.send(what)
  }

  async next() {
    const [message] = await once(this.#child, 'message')
    return message
  }

  stop() {
    this.#child.kill('SIGKILL')
  }
}
