import { linkTo } from '../site/page-link.js'
import { writeHead } from './file-head.js'
import { count, show } from './progress.js'

/**
 * Serves a file to all who have the link that is shown, until the page is closed.
 *
 * @param {File} file
 */
export async function share(file) {
  const onConnect = (/** @type {import('@ls/web').IncomingConnection} */ connection) => {
    const { writable } = connection.accept()
    send(file, writable).catch((error) => show({ text: `A receiver has left: ${error.message}` }))
  }
  const { visit } = await linkTo({ role: 'sender' }, { onConnect })
  const address = `${location.origin}${location.pathname}#${visit.room}`
  show({ title: 'Send this link to the receiver', text: address })
}

/** @param {File} file @param {WritableStream<BufferSource>} writable */
async function send(file, writable) {
  const writer = writable.getWriter()
  await writer.write(writeHead(file))
  writer.releaseLock()
  await file.stream().pipeThrough(count(file.size)).pipeTo(/** @type {WritableStream<Uint8Array>} */ (writable))
}
