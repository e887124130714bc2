import type { ServerResponse } from 'node:http'
import { Changes, type Clock } from '@ls/foundation'

/** Time for answers under way when the server closes, in milliseconds: a caller may never read its answer. */
const answerMs = 2000

/** Answers of the API that are not sent yet. A server that closes waits for them. */
export class AnswersUnderWay {
  readonly #responses = new Set<ServerResponse>()
  readonly #changes: Changes

  constructor(clock: Clock) {
    this.#changes = new Changes(clock)
  }

  get isEmpty(): boolean {
    return this.#responses.size === 0
  }

  add(response: ServerResponse): void {
    this.#responses.add(response)
    response.once('close', () => this.remove(response))
  }

  /** Stops counting an answer that may last, such as a stream of events. */
  remove(response: ServerResponse): void {
    this.#responses.delete(response)
    this.#changes.note()
  }

  /** Resolves when all are sent, or after {@link answerMs}; those that are left then do not count any longer. */
  async sent(): Promise<void> {
    await this.#changes.until(() => this.isEmpty, answerMs)
    this.#responses.clear()
  }
}
