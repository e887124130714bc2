import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { aloneHeader } from './siblings.js'

/** An event of another process. */
export interface SourceEvent {
  readonly name: string
  readonly data: Readonly<Record<string, unknown>>
}

/** Most characters of an event that has not ended: those of a server have some hundred. */
const maxEventLength = 65_536

/**
 * Reads the events of one process of the server, until it is closed or the process ends. Events without a JSON object
 * are ignored: the process may run another version.
 */
export class EventSource {
  /** Resolves when the stream has begun, or has ended. Never rejects. */
  readonly begun: Promise<void>
  readonly #request: ClientRequest
  readonly #onEvent: (event: SourceEvent) => void
  readonly #onEnd: () => void
  #text = ''
  #isOver = false
  #onBegun = (): void => {}

  /**
   * @param onEvent Called for each event; may be called in one turn for several
   * @param onEnd Called once when the stream has ended for another reason than {@link close}
   */
  constructor(socketPath: string, onEvent: (event: SourceEvent) => void, onEnd: () => void) {
    this.#onEvent = onEvent
    this.#onEnd = onEnd
    this.begun = new Promise((resolve) => (this.#onBegun = resolve))
    const headers = { [aloneHeader]: '1' }
    this.#request = request({ socketPath, path: '/api/events', headers, agent: false })
      .on('response', (response) => this.#read(response))
      .on('error', () => this.#end())
      .end()
  }

  /** Ends the stream. */
  close(): void {
    this.#isOver = true
    this.#onBegun()
    this.#request.destroy()
  }

  #read(response: IncomingMessage): void {
    if (response.statusCode !== 200) return this.#end()
    response.setEncoding('utf8')
    response.on('data', (text: string) => this.#take(text)).on('close', () => this.#end())
    response.on('error', () => this.#end())
  }

  #take(text: string): void {
    this.#text += text
    const frames = this.#text.split('\n\n')
    this.#text = frames.pop() ?? ''
    if (frames.length > 0) this.#onBegun()
    for (const frame of frames) this.#tell(frame)
    if (this.#text.length > maxEventLength) this.#end()
  }

  #tell(frame: string): void {
    const name = fieldOf(frame, 'event')
    const data = fieldOf(frame, 'data')
    // Without them it is a comment.
    if (name === undefined || data === undefined || this.#isOver) return
    const parsed = objectIn(data)
    if (parsed !== undefined) this.#onEvent({ name, data: parsed })
  }

  #end(): void {
    if (this.#isOver) return
    this.close()
    this.#onEnd()
  }
}

function fieldOf(frame: string, name: string): string | undefined {
  const line = frame.split('\n').find((each) => each.startsWith(`${name}: `))
  return line?.slice(name.length + 2)
}

/** Parses the object of an event; undefined for any other text. */
function objectIn(text: string): SourceEvent['data'] | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as SourceEvent['data']) : undefined
  } catch {
    return undefined
  }
}
