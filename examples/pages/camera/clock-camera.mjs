import { pipeline, Readable } from 'node:stream'
import { setInterval } from 'node:timers/promises'

/** Time between two pictures, in milliseconds. */
const pictureMs = 100

/** A camera that shows a clock, in SVG: no encoder is needed. @type {import('node:http').RequestListener} */
export function showClock(_request, response) {
  response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary=picture' })
  pipeline(Readable.from(parts()), response, () => {})
}

async function* parts() {
  yield '--picture\r\n'
  for await (const _tick of setInterval(pictureMs)) {
    const picture = draw(new Date().toISOString().slice(11, 21))
    yield `Content-Type: image/svg+xml\r\nContent-Length: ${picture.length}\r\n\r\n${picture}\r\n--picture\r\n`
  }
}

/** @param {string} time */
function draw(time) {
  const size = 'width="640" height="360" viewBox="0 0 640 360"'
  const text = `<text x="320" y="200" fill="#6bb1ff" font-family="monospace" font-size="72" text-anchor="middle">${time}</text>`
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size}><rect width="640" height="360" fill="#0e1216"/>${text}</svg>`
}
