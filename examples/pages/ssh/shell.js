import { Buffer } from 'node:buffer'
import {
  ChannelRequestMessage,
  SshAuthenticationType,
  SshClientSession,
  SshSessionConfiguration,
} from '@microsoft/dev-tunnels-ssh'
import { importKey } from '@microsoft/dev-tunnels-ssh-keys'
import { SshStream } from './ssh-stream.js'

/** @typedef {{ readonly columns: number, readonly rows: number }} Size */

/**
 * Signs in over a connection, and opens a shell with a terminal.
 *
 * @param {import('@ls/web').TcpSocket} tcp
 * @param {{ username: string, password: string, key: string, size: Size,
 *   trust(fingerprint: string): boolean, onOutput(bytes: Uint8Array): void }} options
 * @throws Error where the host is not trusted or the account is refused
 */
export async function openShell(tcp, { username, password, key, size, trust, onOutput }) {
  const session = new SshClientSession(new SshSessionConfiguration())
  session.onAuthenticating((event) => {
    if (event.authenticationType !== SshAuthenticationType.serverPublicKey) return
    event.authenticationPromise = fingerprintOf(event.publicKey).then((text) => (trust(text) ? {} : null))
  })
  await session.connect(new SshStream(tcp))
  const publicKeys = key === '' ? [] : [await importKey(key)]
  if (!(await session.authenticateServer())) throw new Error('the host is not trusted')
  if (!(await session.authenticateClient({ username, password, publicKeys })))
    throw new Error(`the host refuses ${username}`)
  const channel = await session.openChannel()
  await channel.request(new TerminalRequest(size))
  await channel.request(new ChannelRequestMessage('shell', true))
  channel.onDataReceived((bytes) => {
    // A copy: the client receives the next packet in the same memory, and a terminal reads what it is given later.
    onOutput(Uint8Array.from(bytes))
    channel.adjustWindow(bytes.length)
  })
  return {
    /** @param {string} text */
    write: (text) => void channel.send(Buffer.from(text)),
    /** @param {Size} to */
    resize: (to) => void channel.request(new ResizeRequest(to)),
    /** Resolves when the shell has ended. */
    closed: new Promise((resolve) => {
      channel.onClosed(resolve)
      session.onClosed(resolve)
    }),
  }
}

/** SHA-256 of a host key, as `ssh-keygen -l` shows it. */
async function fingerprintOf(/** @type {any} */ key) {
  const bytes = await key.getPublicKeyBytes()
  const hash = await crypto.subtle.digest('SHA-256', bytes)
  return `SHA256:${Buffer.from(hash).toString('base64').replace(/=+$/, '')}`
}

/** RFC 4254 §6.2. */
class TerminalRequest extends ChannelRequestMessage {
  #size
  constructor(/** @type {Size} */ size) {
    super('pty-req', true)
    this.#size = size
  }

  onWrite(/** @type {any} */ writer) {
    super.onWrite(writer)
    writer.writeString('xterm-256color', 'ascii')
    writeSize(writer, this.#size)
    writer.writeString('', 'ascii')
  }
}

/** RFC 4254 §6.7. */
class ResizeRequest extends ChannelRequestMessage {
  #size
  constructor(/** @type {Size} */ size) {
    super('window-change', false)
    this.#size = size
  }

  onWrite(/** @type {any} */ writer) {
    super.onWrite(writer)
    writeSize(writer, this.#size)
  }
}

/** Writes the size in characters and in pixels, where 0 means "unknown". */
function writeSize(/** @type {any} */ writer, /** @type {Size} */ { columns, rows }) {
  for (const number of [columns, rows, 0, 0]) writer.writeUInt32(number)
}
