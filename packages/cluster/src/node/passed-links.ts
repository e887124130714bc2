import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { LinkSocksServer } from '@ls/server'
import { writeLine } from '../trunk/json-line.js'

/** Accepts links that other nodes pass on, for the server of this node. */
export class LinksFromNodes {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  /** @throws TransportError where its socket cannot be opened */
  static async open(server: LinkSocksServer): Promise<LinksFromNodes> {
    // `mkdtemp` creates a folder that no other user may enter: programs that connect there are trusted about addresses.
    const links = new LinksFromNodes(await mkdtemp(join(tmpdir(), 'linksocks-node-')))
    await server.ports.listenForPassed(links.#path)
    return links
  }

  accept(stream: TLSSocket): void {
    const behind = connect({ path: this.#path, allowHalfOpen: true })
    writeLine(stream, {})
    pipeline(stream, behind, stream, () => {})
  }

  async close(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true })
  }

  get #path(): string {
    return join(this.#folder, 'links.sock')
  }
}
