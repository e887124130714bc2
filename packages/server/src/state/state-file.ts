import { readFile, stat } from 'node:fs/promises'
import { writeDurably } from './write-durably.js'

/** Identity of a path without a file. */
const missing = 'missing'

/**
 * File of one state. A second program that uses it would lose what the first one has saved, since each writes all that
 * it has. So it is written only where it is still the file that was read or written last.
 */
export class StateFile {
  readonly path: string
  /** Identity of that file; undefined where any may be there. */
  #known: string | undefined

  constructor(path: string) {
    this.path = path
  }

  /** Name of the place, for errors. */
  get name(): string {
    return `the state file ${this.path}`
  }

  /** Reads the file; undefined for a missing one. @throws the system's error */
  async read(): Promise<string | undefined> {
    this.#known = await identityOf(this.path)
    return this.#known === missing ? undefined : readFile(this.path, 'utf8')
  }

  /**
   * Replaces the file; resolves when the new one is safe.
   *
   * @throws Error where another program has changed it, with the file untouched; the system's error, as `writeDurably`
   */
  async write(text: string): Promise<void> {
    const found = await identityOf(this.path)
    if (this.#known !== undefined && found !== missing && found !== this.#known)
      throw new Error('another program has changed it; each needs a file of its own, and one that is edited a restart')
    // The file is known although its folder may not reach the disk: the next write must not take it for another's.
    await writeDurably(this.path, text, async () => {
      this.#known = await identityOf(this.path)
    })
  }

  /** Accepts any file until the next write: a process that did not take over in the end may have written one. */
  accept(): void {
    this.#known = undefined
  }
}

async function identityOf(path: string): Promise<string> {
  try {
    const stats = await stat(path, { bigint: true })
    // A write replaces what is there, also a device such as /dev/null, and a read of a device may have no end.
    if (!stats.isFile()) throw new Error('it is no regular file')
    const { ino, mtimeNs, size } = stats
    return `${ino} ${mtimeNs} ${size}`
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return missing
    throw error
  }
}
