/**
 * Script of the page: opens WebSockets on request, and connects each with one to this process.
 *
 * The page keeps up to a mebibyte that the server has not taken, then requests a pause. This process asks in turn
 * whether it may continue, since timers of a hidden tab run once a minute. In the other direction the page cannot slow
 * down a server that is faster than this process: it keeps up to `limitBytes` and closes the link beyond that.
 * (WebSocketStream could, but Chromium 156 loses the whole tab when a server is lost during a write.)
 *
 * The text of a close may have 123 bytes (RFC 6455 §5.5), and pages may send few codes, so `relayedCode` means that the
 * text begins with the real code.
 */
export const pageScript = String.raw`'use strict'
const base = location.href.replace(/^http/, 'ws').replace(/[?#].*$/, '')
const relayedCode = 3999
const highBytes = 1 << 20
const limitBytes = 64 << 20
const remotes = new Map()
const heldBack = new Set()
let control
let openLinks = 0

attach()

function attach() {
  control = socket(base + 'control')
  control.onopen = () => show('Attached. Links go through this tab: leave it open.')
  control.onmessage = ({ data }) => obey(JSON.parse(new TextDecoder().decode(data)))
  control.onclose = () => {
    show('Not attached. Does the program still run? If it was started anew, open the URL that it has printed.')
    setTimeout(attach, 2000)
  }
}

function obey({ order, id, url, protocols }) {
  if (order === 'open') open(id, url, protocols)
  else if (order === 'cancel') remotes.get(id)?.close()
  else if (order === 'look') release(id)
}

function tell(event, id) {
  if (control.readyState === WebSocket.OPEN) control.send(encode(JSON.stringify({ event, id })))
}

function open(id, url, protocols) {
  const remote = socket(url, protocols)
  remotes.set(id, remote)
  remote.onopen = () => join(id, remote)
  remote.onclose = () => {
    remotes.delete(id)
    tell('failed', id)
  }
}

function join(id, remote) {
  const local = socket(base + 'link/' + id)
  const early = []
  const end = (code, reason) => {
    remotes.delete(id)
    heldBack.delete(id)
    local.close(relayedCode, cut(code + ' ' + reason))
    remote.close()
  }
  remote.onmessage = ({ data }) => {
    if (local.readyState === WebSocket.CONNECTING) early.push(data)
    else local.send(data)
    if (local.bufferedAmount > limitBytes) end(1013, 'the browser holds more than ' + limitBytes + ' bytes')
  }
  remote.onclose = ({ code, reason }) => end(code, reason)
  local.onopen = () => {
    count(1)
    local.addEventListener('close', () => count(-1))
    for (const data of early.splice(0)) local.send(data)
  }
  local.onmessage = ({ data }) => {
    remote.send(data)
    hold(id, remote)
  }
  local.onclose = ({ code, reason, wasClean }) => {
    heldBack.delete(id)
    if (wasClean) remote.close(allowed(code), cut(reason))
    else remote.close()
  }
}

function hold(id, remote) {
  if (heldBack.has(id) || remote.bufferedAmount <= highBytes) return
  heldBack.add(id)
  tell('hold', id)
}

function release(id) {
  if ((remotes.get(id)?.bufferedAmount ?? 0) > highBytes / 2) return
  heldBack.delete(id)
  tell('release', id)
}

function socket(url, protocols = []) {
  return Object.assign(new WebSocket(url, protocols), { binaryType: 'arraybuffer' })
}

function allowed(code) {
  return code >= 3000 && code <= 4999 ? code : 1000
}

function cut(reason) {
  while (encode(reason).length > 123) reason = reason.slice(0, -1)
  return reason
}

function encode(text) {
  return new TextEncoder().encode(text)
}

function show(line) {
  document.getElementById('state').textContent = line
}

function count(change) {
  openLinks += change
  document.getElementById('links').textContent = openLinks
}
`
