import { fileURLToPath } from 'node:url'
import { freePort, ProcessGroup } from '../bench/processes.mjs'
import { Bystander } from './bystander.mjs'
import { Targets } from './targets.mjs'

export const program = [process.execPath, fileURLToPath(new URL('../../apps/cli/bin/linksocks.js', import.meta.url))]
export const apiKey = 'attack-key'
/** Token of the attacker, in attacks that have one, and token of the bystander. */
export const tokens = { attacker: 'attacker', bystander: 'bystander' }

/** A server, a bystander that uses it, and targets for both. */
export class Rig {
  targets
  port
  /** Port of the bystander's client for proxy connections. */
  proxyPort
  #server = new ProcessGroup()
  #client = new ProcessGroup()
  #bystander
  #hasTls = false

  /**
   * Starts everything with the settings of an attack: `flags` for the server, `wrap`, which changes the server's
   * command line, `clientFlags` for the bystander's client, and `bystander`, the work of the bystander (see
   * programs/bystander.mjs). `prepare` returns the same settings once targets and port are known.
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

  /** Lets the bystander work for a while, and longer until `enough` returns true; returns its latencies in ms. */
  watch(durationMs, enough = () => true) {
    return this.#bystander.watch(durationMs, enough)
  }

  /** Peak resident memory of the server, in MiB; NaN when it has ended. */
  peakMebibytes() {
    return this.#server.residentMebibytes('VmHWM') || Number.NaN
  }

  /** Adds a token by the API, and returns it. */
  async addToken(token, type = 'forward') {
    const body = JSON.stringify({ type, token })
    const headers = { 'x-api-key': apiKey }
    const answer = await fetch(`http://127.0.0.1:${this.port}/api/token`, { method: 'POST', headers, body })
    if (!answer.ok) throw new Error(`the API does not add a token: ${answer.status} ${await answer.text()}`)
    return token
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
    // Attacks on a server with TLS need no token, so the bystander may use the attacker's token there.
    const token = this.#hasTls ? tokens.attacker : await this.addToken(tokens.bystander)
    const environment = this.#hasTls ? { NODE_EXTRA_CA_CERTS: trusted } : {}
    const { url, proxyPort } = this
    const client = ['-t', token, '-u', url, '-p', String(proxyPort), ...clientFlags]
    await this.#client.start([...program, 'client', ...client], proxyPort, environment)
    this.#bystander = new Bystander({ url, token, proxyPort, echo: this.targets.echo, ...bystander }, environment)
  }

  #serverFlags() {
    return ['-H', '127.0.0.1', '-P', String(this.port), '-t', tokens.attacker, '-k', apiKey]
  }
}
