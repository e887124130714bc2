// A Service Worker that serves https://app/proxy/HOST/PATH from http://HOST/PATH of an intranet, through a provider
// there. The page sends it the server and the ticket in a message: `{ server, ticket }`.
import { connect } from '@ls/web'

const prefix = '/proxy/'
let link

addEventListener('install', () => skipWaiting())
addEventListener('activate', (event) => event.waitUntil(clients.claim()))

addEventListener('message', ({ data: { server, ticket }, ports: [answer] }) => {
  link = connect(server, { token: ticket, role: 'connector' })
  link.then(
    () => answer.postMessage('linked', []),
    (error) => answer.postMessage(`failed: ${error.message}`, []),
  )
})

addEventListener('fetch', (event) => {
  const { origin, pathname, search } = new URL(event.request.url)
  if (origin === location.origin && pathname.startsWith(prefix)) {
    event.respondWith(serve(event.request, `http://${pathname.slice(prefix.length)}${search}`))
  }
})

async function serve({ method, body }, url) {
  // The browser ends an idle worker, and its link with it: the page must then send a new ticket.
  if (link === undefined) return new Response('no link: reload the page', { status: 503 })
  try {
    return await (await link).fetch(url, { method, body })
  } catch (error) {
    return new Response(error.message, { status: 502 })
  }
}
