import { mkdtemp, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream'
import type { LinkSocksServer } from '@ls/server'
import { writeLine } from '../trunk/json-line.js'

/** Accepts links that other nodes pass on, for the server of this node. */
export class LinksFromNodes {
  readonly #path: string
  /** Folder to remove at the end; undefined for one that all nodes share. */
  readonly #folder: string | undefined

  private constructor(path: string, folder?: string) {
    this.#path = path
    this.#folder = folder
  }

  /**
   * @param path Place for processes of the same machine. @default a socket in a new folder
   * @throws TransportError where its socket cannot be opened
   */
  static async open(server: LinkSocksServer, path?: string): Promise<LinksFromNodes> {
    const links = path === undefined ? await LinksFromNodes.#inNewFolder() : new LinksFromNodes(path)
    await server.ports.listenForPassed(links.#path)
    return links
  }

  accept(stream: Socket): void {
    const behind = connect({ path: this.#path, allowHalfOpen: true })
    writeLine(stream, {})
    pipeline(stream, behind, stream, () => {})
  }

  async close(): Promise<void> {
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true })
  }

  /** No other user may enter a folder of `mkdtemp`: programs that connect there are trusted about addresses. */
  static async #inNewFolder(): Promise<LinksFromNodes> {
    const folder = await mkdtemp(join(tmpdir(), 'linksocks-node-'))
    return new LinksFromNodes(join(folder, 'links.sock'), folder)
  }
}
