import '../site/style.css'
import { onSubmit } from '../site/form.js'
import { askBackend } from '../site/page-link.js'
import { startProxy } from './start-proxy.js'

onSubmit(async ({ url }) => {
  const { server, token, ...visit } = await askBackend({ url })
  const answer = await startProxy({ server, ticket: token })
  if (answer !== 'linked') throw new Error(answer)
  const { host, pathname, search } = new URL(visit.url)
  const frame = /** @type {HTMLIFrameElement} */ (document.querySelector('iframe'))
  frame.src = `/proxy/${host}${pathname}${search}`
  frame.hidden = false
})
