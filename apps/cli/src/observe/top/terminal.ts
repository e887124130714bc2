import { emitKeypressEvents } from 'node:readline'
import type { ReadStream, WriteStream } from 'node:tty'
import { styleText } from 'node:util'
import type { ScreenLine } from './top-screen.js'
import type { Key } from './top-state.js'

export interface TerminalEvents {
  onKey(key: Key): void
  onResize(): void
}

/** A terminal whose whole screen this program uses, until {@link close} restores it. */
export class Terminal {
  readonly #input: ReadStream
  readonly #output: WriteStream
  readonly #events: TerminalEvents
  readonly #useColor: boolean
  #isOpen = true

  constructor(input: ReadStream, output: WriteStream, events: TerminalEvents) {
    this.#input = input
    this.#output = output
    this.#events = events
    // It checks NO_COLOR, too.
    this.#useColor = output.hasColors()
    emitKeypressEvents(input)
    input.setRawMode(true)
    input.on('keypress', this.#onKeypress)
    input.resume()
    output.on('resize', events.onResize)
    // A fault that ends the process must not leave the terminal unusable.
    process.on('exit', this.#restore)
    output.write(`${otherScreen}${hideCursor}`)
  }

  get columns(): number {
    return this.#output.columns
  }

  get rows(): number {
    return this.#output.rows
  }

  /** Draws all lines over the previous content. */
  draw(lines: readonly ScreenLine[]): void {
    const texts = lines.map(({ text, style }) =>
      style === undefined || !this.#useColor ? text : styleText(style, text, { validateStream: false }),
    )
    if (this.#isOpen) this.#output.write(`${home}${texts.join('\r\n')}`)
  }

  close(): void {
    this.#input.off('keypress', this.#onKeypress)
    this.#output.off('resize', this.#events.onResize)
    process.off('exit', this.#restore)
    this.#restore()
    this.#input.pause()
  }

  readonly #onKeypress = (_text: string | undefined, key: Key): void => this.#events.onKey(key)

  readonly #restore = (): void => {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#input.setRawMode(false)
    this.#output.write(`${showCursor}${ownScreen}`)
  }
}

/** ECMA-48 and xterm: the alternate screen keeps the previous content. */
const otherScreen = '\u001b[?1049h'
const ownScreen = '\u001b[?1049l'
const hideCursor = '\u001b[?25l'
const showCursor = '\u001b[?25h'
const home = '\u001b[H'
