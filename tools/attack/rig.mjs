import { fileURLToPath } from 'node:url'
import { freePort, ProcessGroup } from '../bench/processes.mjs'
import { Bystander } from './bystander.mjs'
import { Targets } from './targets.mjs'

export const program = [process.execPath, fileURLToPath(new URL('../../apps/cli/bin/linksocks.js', import.meta.url))]
export const apiKey = 'attack-key'
/** What the attacker holds, where an attack begins with a token, and what the bystander holds. */
export const tokens = { attacker: 'attacker', bystander: 'bystander' }

/** A server, a bystander that uses it, and targets for both. */
export class Rig {
  targets
  port
  /** Where the bystander's client takes proxy connections. */
  proxyPort
  #server = new ProcessGroup()
  #client = new ProcessGroup()
  #bystander
  #hasTls = false

  /**
   * Starts all of it as the attack wants it: with more `flags` for the server, with `wrap`, which makes the server's
   * command line from what it would be, with more `clientFlags` for the bystander's client, and with `bystander`, what
   * the bystander does (see programs/bystander.mjs). `prepare` gives the same, once targets and port are known.
   */
  static async start({ prepare, ...attack }) {
    const rig = new Rig()
    try {
      rig.targets = await Targets.start()
      rig.port = await freePort()
      rig.proxyPort = await freePort()
      await rig.#startPrograms({ ...attack, ...(await prepare?.(rig)) })
      return rig
    } catch (error) {
      await rig.stop()
      throw error
    }
  }

  get url() {
    return this.#hasTls ? `wss://localhost:${this.port}` : `ws://127.0.0.1:${this.port}`
  }

  /** Lets the bystander work for a while, and on until `enough` says so; its latencies in ms. */
  watch(durationMs, enough = () => true) {
    return this.#bystander.watch(durationMs, enough)
  }

  /** Peak resident memory of the server, in MiB; NaN when it has ended. */
  peakMebibytes() {
    return this.#server.residentMebibytes('VmHWM') || Number.NaN
  }

  faults() {
    return this.targets.faults
  }

  async stop() {
    this.#bystander?.stop()
    await Promise.all([this.#server.stop(), this.#client.stop()])
    this.targets?.stop()
  }

  async #startPrograms({ flags = [], clientFlags = [], wrap = (line) => line, bystander = {}, trusted }) {
    this.#hasTls = trusted !== undefined
    await this.#server.start(wrap([...program, 'server', ...this.#serverFlags(), ...flags]), this.port)
    // Only strangers attack servers with TLS, so the bystander may have the other token there.
    const token = this.#hasTls ? tokens.attacker : await this.#addBystanderToken()
    const environment = this.#hasTls ? { NODE_EXTRA_CA_CERTS: trusted } : {}
    const { url, proxyPort } = this
    const client = ['-t', token, '-u', url, '-p', String(proxyPort), ...clientFlags]
    await this.#client.start([...program, 'client', ...client], proxyPort, environment)
    this.#bystander = new Bystander({ url, token, proxyPort, echo: this.targets.echo, ...bystander }, environment)
  }

  #serverFlags() {
    return ['-H', '127.0.0.1', '-P', String(this.port), '-t', tokens.attacker, '-k', apiKey]
  }

  async #addBystanderToken() {
    const body = JSON.stringify({ type: 'forward', token: tokens.bystander })
    const headers = { 'x-api-key': apiKey }
    const answer = await fetch(`http://127.0.0.1:${this.port}/api/token`, { method: 'POST', headers, body })
    if (!answer.ok) throw new Error(`the API does not add a token: ${answer.status} ${await answer.text()}`)
    return tokens.bystander
  }
}
