import type { ReadStream, WriteStream } from 'node:tty'
import { messageOf } from '../../output/describe-error.js'
import type { ApiPlace } from '../../tokens/api-call.js'
import { SpeedHistory } from './speed-history.js'
import { Terminal } from './terminal.js'
import { askTop, cutOne, type TopData } from './top-data.js'
import { screenLines } from './top-screen.js'
import { firstState, type Key, pressed, type TopAction } from './top-state.js'

export interface TopViewOptions {
  readonly place: ApiPlace
  readonly input: ReadStream
  readonly output: WriteStream
}

/** The live screen: asks once a second, draws, and does what the keys say. */
export class TopView {
  readonly #options: TopViewOptions
  readonly #history = new SpeedHistory()
  #quit: () => void = () => {}
  #terminal: Terminal | undefined
  #state = firstState
  #data: TopData | undefined
  #notice = ''
  #timer: NodeJS.Timeout | undefined
  #asking = 0

  constructor(options: TopViewOptions) {
    this.#options = options
  }

  /** Resolves when the person or the process ends it; with the reason if the server never answered. */
  async run(stop: AbortSignal): Promise<Error | undefined> {
    const { input, output } = this.#options
    const ended = new Promise<void>((resolve) => (this.#quit = resolve))
    stop.addEventListener('abort', this.#quit)
    try {
      await this.#ask()
      if (this.#data === undefined) return new Error(this.#notice)
      this.#terminal = new Terminal(input, output, { onKey: (key) => this.#press(key), onResize: () => this.#draw() })
      this.#draw()
      this.#timer = setInterval(() => void this.#ask(), periodMs)
      await ended
      return undefined
    } finally {
      clearInterval(this.#timer)
      stop.removeEventListener('abort', this.#quit)
      this.#terminal?.close()
    }
  }

  /** An answer that comes after a later one was asked for is not shown. */
  async #ask(): Promise<void> {
    const number = ++this.#asking
    const { sort, filter } = this.#state
    try {
      const data = await askTop(this.#options.place, { sort, filter, limit: maxRows })
      if (number !== this.#asking) return
      this.#data = data
      this.#history.add(data.snapshot, performance.now())
      this.#notice = ''
    } catch (error) {
      this.#notice = messageOf(error)
    }
    this.#draw()
  }

  #press(key: Key): void {
    const before = this.#state
    const [state, action] = pressed(before, key, this.#data)
    this.#state = state
    this.#notice = ''
    this.#act(action)
    if (state.sort !== before.sort || state.filter !== before.filter) void this.#ask()
    this.#draw()
  }

  #act(action: TopAction): void {
    if (action === undefined) return
    if (action.kind === 'quit') return this.#quit()
    const list = 'target' in action.victim ? 'connections' : 'links'
    cutOne(this.#options.place, list, action.victim.id)
      .then(() => this.#ask())
      .catch((error: unknown) => {
        this.#notice = messageOf(error)
        this.#draw()
      })
  }

  #draw(): void {
    const terminal = this.#terminal
    if (terminal === undefined) return
    const { columns, rows } = terminal
    const notice = this.#notice
    terminal.draw(screenLines({ columns, rows, state: this.#state, data: this.#data, history: this.#history, notice }))
  }
}

/** How often the server is asked, in milliseconds. */
const periodMs = 1000

/** More than a terminal has lines; the rest is found by filter and order. */
const maxRows = 200
