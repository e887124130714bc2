import { once } from 'node:events'
import { connect } from 'node:net'
import { until } from '@ls/testkit'

/** Sends a request to NATS; resolves with the body of the answer. */
export async function askNats(url: string, subject: string): Promise<string> {
  const { hostname: host, port } = new URL(url)
  const socket = connect({ host, port: Number(port) })
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
  await once(socket, 'connect')
  socket.write(`CONNECT {"verbose":false}\r\nSUB answer 1\r\nPUB ${subject} answer 0\r\n\r\n`)
  await until(() => /MSG answer[^\r]*\r\n.*\r\n/s.test(text), `NATS answers ${subject}`)
  socket.destroy()
  return /MSG answer[^\r]*\r\n(.*)\r\n/s.exec(text)?.[1] ?? ''
}
