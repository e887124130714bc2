import type { ReadStream, WriteStream } from 'node:tty'
import { systemClock } from '@ls/foundation'
import type { ApiPlace } from '../../api/api-call.js'
import { messageOf } from '../../output/describe-error.js'
import { Questions } from './questions.js'
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

/** The live screen: sends a request once a second, draws, and handles keys. */
export class TopView {
  readonly #options: TopViewOptions
  readonly #history = new SpeedHistory()
  #quit: () => void = () => {}
  #terminal: Terminal | undefined
  #state = firstState
  #data: TopData | undefined
  #notice = ''
  readonly #questions = new Questions({
    clock: systemClock,
    ask: () => this.#ask(),
    onSlow: (waitedMs) => this.#tell(`the server is slow: the request was sent ${Math.round(waitedMs / 1000)} s ago`),
  })

  constructor(options: TopViewOptions) {
    this.#options = options
  }

  /** Resolves when the user or the process ends it; with the reason if the server never answered. */
  async run(stop: AbortSignal): Promise<Error | undefined> {
    const { input, output } = this.#options
    const ended = new Promise<void>((resolve) => (this.#quit = resolve))
    stop.addEventListener('abort', this.#quit)
    try {
      await this.#questions.askNow()
      if (this.#data === undefined) return new Error(this.#notice)
      this.#terminal = new Terminal(input, output, { onKey: (key) => this.#press(key), onResize: () => this.#draw() })
      this.#draw()
      this.#questions.start()
      await ended
      return undefined
    } finally {
      this.#questions.stop()
      stop.removeEventListener('abort', this.#quit)
      this.#terminal?.close()
    }
  }

  async #ask(): Promise<void> {
    const { sort, filter } = this.#state
    try {
      const data = await askTop(this.#options.place, { sort, filter, limit: maxRows })
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
    if (state.sort !== before.sort || state.filter !== before.filter) void this.#questions.askNow()
    this.#draw()
  }

  #act(action: TopAction): void {
    if (action === undefined) return
    if (action.kind === 'quit') return this.#quit()
    const list = 'target' in action.victim ? 'connections' : 'links'
    cutOne(this.#options.place, list, action.victim.id)
      .then(() => this.#questions.askNow())
      .catch((error: unknown) => this.#tell(messageOf(error)))
  }

  #tell(notice: string): void {
    this.#notice = notice
    this.#draw()
  }

  #draw(): void {
    const terminal = this.#terminal
    if (terminal === undefined) return
    const { columns, rows } = terminal
    const notice = this.#notice
    terminal.draw(screenLines({ columns, rows, state: this.#state, data: this.#data, history: this.#history, notice }))
  }
}

/** Most rows: more than a terminal has lines; filter and order lead to the rest. */
const maxRows = 200
