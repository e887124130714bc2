/** One event of a stream of server-sent events. */
export interface ServerEvent {
  readonly name: string
  readonly data: string
}

/** Longest part of a stream without an end of an event, in characters: more is no stream of ours. */
const maxPendingLength = 1_000_000

/** Takes apart what a stream of server-sent events brings (HTML §9.2.6), as far as our servers use it. */
export class EventParser {
  #pending = ''

  /** @throws RangeError for an event that does not end */
  push(chunk: string): ServerEvent[] {
    this.#pending += chunk
    const blocks = this.#pending.split('\n\n')
    this.#pending = blocks.pop() ?? ''
    if (this.#pending.length > maxPendingLength)
      throw new RangeError(`an event has more than ${maxPendingLength} characters`)
    return blocks.map(parseBlock).filter((event) => event !== undefined)
  }
}

/** Undefined for a comment, which only keeps the connection alive. */
function parseBlock(block: string): ServerEvent | undefined {
  let name = 'message'
  const data: string[] = []
  for (const line of block.split('\n')) {
    if (line.startsWith('event:')) name = line.slice('event:'.length).trim()
    if (line.startsWith('data:')) data.push(line.slice('data:'.length).replace(/^ /, ''))
  }
  return data.length === 0 ? undefined : { name, data: data.join('\n') }
}
