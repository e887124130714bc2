// Two network namespaces with a shaped path between them: the near end for clients, the far end for servers.
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { scratchFile } from '../scratch.mjs'

const source = fileURLToPath(new URL('shaper.c', import.meta.url))
const nearHost = '10.77.0.1'
const farHost = '10.77.0.2'
const subnet = '10.77.0.0/24'
/** Most checks for a new device; after these it will not appear. */
const deviceTries = 100

/** Returns the reason why a shaped path is not possible here; undefined if it is possible. */
export function missingForPath() {
  if (process.platform !== 'linux') return 'it needs Linux'
  if (process.getuid() !== 0) return 'it needs root, for network namespaces and tun devices'
  if (!existsSync('/dev/net/tun')) return 'it needs /dev/net/tun'
  return ['ip', 'cc'].map((name) => missingProgram(name)).find((reason) => reason !== undefined)
}

/** Two namespaces and the path between them. */
export class ShapedPath {
  #near
  #far
  #settings

  constructor({ near, far, settings }) {
    this.#near = near
    this.#far = far
    this.#settings = settings
  }

  /**
   * Creates a path that ends with this process.
   *
   * @param {{ roundTripMs: number, lossPercent: number, mbit: number, queueBytes: number }} shape
   */
  static async open(shape) {
    // Names contain the process id, so that two runs do not use the same ones.
    const [near, far] = ['near', 'far'].map((end) => `bench-${end}-${process.pid}`)
    const path = new ShapedPath({ near, far, settings: scratchFile('path') })
    path.change(shape)
    const program = scratchFile('shaper')
    execFileSync('cc', ['-O2', '-o', program, source])
    for (const name of [near, far]) {
      ip('netns', 'add', name)
      process.once('exit', () => ip('netns', 'del', name))
      ip('-n', name, 'link', 'set', 'lo', 'up')
    }
    const shaper = spawn(program, [near, far, path.#settings], { stdio: ['ignore', 'ignore', 'inherit'] })
    // The shaper must not keep this process running.
    shaper.unref()
    process.once('exit', () => shaper.kill('SIGKILL'))
    await connect(near, `${nearHost}/24`)
    await connect(far, `${farHost}/24`)
    return path
  }

  /** Uses a path that another process has opened, and that {@link describe} describes. */
  static join(description) {
    return new ShapedPath(description)
  }

  describe() {
    return { near: this.#near, far: this.#far, settings: this.#settings }
  }

  /**
   * Place of servers: the address for clients, the clients' address as servers see it, and the prefix of a command
   * line.
   */
  get farPlace() {
    return { host: farHost, nearHost, prefix: inNamespace(this.#far) }
  }

  get nearPrefix() {
    return inNamespace(this.#near)
  }

  /** Changes the path; it takes effect within a tenth of a second. */
  change({ roundTripMs, lossPercent, mbit, queueBytes }) {
    writeFileSync(this.#settings, `${roundTripMs / 2} ${lossPercent} ${mbit * 1000} ${queueBytes}\n`)
  }

  /**
   * Sets the congestion control of TCP at both ends, bbr or cubic: by the route, since a namespace may not choose every
   * algorithm.
   */
  setCongestionControl(name) {
    for (const [namespace, host] of [
      [this.#near, nearHost],
      [this.#far, farHost],
    ])
      ip('-n', namespace, 'route', 'replace', subnet, 'dev', 'path0', 'scope', 'link', 'src', host, 'congctl', name)
  }
}

function inNamespace(name) {
  return ['ip', 'netns', 'exec', name]
}

async function connect(namespace, address) {
  for (let tries = 1; ; tries++) {
    try {
      ip('-n', namespace, 'link', 'show', 'path0')
      break
    } catch (error) {
      if (tries === deviceTries) throw error
      await sleep(50)
    }
  }
  ip('-n', namespace, 'addr', 'add', address, 'dev', 'path0')
  ip('-n', namespace, 'link', 'set', 'path0', 'up', 'mtu', '1500')
}

function ip(...args) {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] })
}

function missingProgram(name) {
  const folders = (process.env.PATH ?? '').split(':')
  return folders.some((folder) => existsSync(`${folder}/${name}`)) ? undefined : `it needs the program ${name}`
}
