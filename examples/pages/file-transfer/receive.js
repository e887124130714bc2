import { linkTo } from '../site/page-link.js'
import { readHead } from './file-head.js'
import { count, show } from './progress.js'

/**
 * Gets the file of a room, and saves it.
 *
 * @param {string} room
 * @throws Error where the sender has left, or leaves before the end
 */
export async function receive(room) {
  const { link, visit } = await linkTo({ role: 'receiver', room })
  try {
    const { head, content } = await readHead(link.openTcp(visit.target).readable)
    show({ title: head.name, text: `${head.size} bytes` })
    const counted = content.pipeThrough(count(head.size))
    if ('showSaveFilePicker' in globalThis) await counted.pipeTo(await openFile(head.name))
    else save(await new Response(counted).blob(), head.name)
    show({ text: `${head.size} bytes: all of it is here` })
  } finally {
    link.close()
  }
}

/** @param {string} suggestedName */
async function openFile(suggestedName) {
  const handle = await /** @type {any} */ (globalThis).showSaveFilePicker({ suggestedName })
  return handle.createWritable()
}

/** @param {Blob} blob @param {string} name */
function save(blob, name) {
  const address = URL.createObjectURL(blob)
  Object.assign(document.createElement('a'), { href: address, download: name }).click()
  URL.revokeObjectURL(address)
}
