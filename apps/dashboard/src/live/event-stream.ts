/** One event of a stream of server-sent events. */
export interface ServerEvent {
  readonly name: string
  readonly data: string
}

/** Longest incomplete event, in characters: more does not come from a server of this project. */
const maxPendingLength = 1_000_000

/** Parses a stream of server-sent events (HTML §9.2.6), as far as the server uses the format. */
export class EventParser {
  #pending = ''

  /** Adds a chunk and returns the complete events. @throws RangeError for an event that does not end */
  push(chunk: string): ServerEvent[] {
    this.#pending += chunk
    const blocks = this.#pending.split('\n\n')
    this.#pending = blocks.pop() ?? ''
    if (this.#pending.length > maxPendingLength)
      throw new RangeError(`an event has more than ${maxPendingLength} characters`)
    return blocks.map(parseBlock).filter((event) => event !== undefined)
  }
}

/** Parses an event; undefined for a comment, which only keeps the connection open. */
function parseBlock(block: string): ServerEvent | undefined {
  let name = 'message'
  const data: string[] = []
  for (const line of block.split('\n')) {
    if (line.startsWith('event:')) name = line.slice('event:'.length).trim()
    if (line.startsWith('data:')) data.push(line.slice('data:'.length).replace(/^ /, ''))
  }
  return data.length === 0 ? undefined : { name, data: data.join('\n') }
}
