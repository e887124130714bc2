import type { MessageTransport } from '@ls/mux'
import type { Puncher } from '../src/puncher.js'

/** A puncher of a connector, and the connections that it has made, so that a test can cut them. */
export function recorded(puncher: Puncher): { readonly puncher: Puncher; readonly made: MessageTransport[] } {
  const made: MessageTransport[] = []
  const offer: Puncher['offer'] = async () => {
    const { accept, ...path } = await puncher.offer()
    return {
      ...path,
      accept: async (answer) => {
        const connection = await accept(answer)
        made.push(connection.transport)
        return connection
      },
    }
  }
  return { made, puncher: { offer, answer: (description, onOpened) => puncher.answer(description, onOpened) } }
}
