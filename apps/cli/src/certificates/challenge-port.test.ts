import { connect, type AddressInfo, Server } from 'node:net'
import { onceEvent } from '@ls/testkit'
import { expect, onTestFinished, test, vi } from 'vitest'
import { ChallengePort } from './challenge-port.js'

test('ChallengePort goes on when a connection cannot be accepted', async () => {
  const listening = vi.spyOn(Server.prototype, 'listen')
  onTestFinished(() => listening.mockRestore())
  const port = await ChallengePort.open('127.0.0.1', 0)
  onTestFinished(() => port.close())
  const [server] = listening.mock.contexts as Server[]
  expect(() => server!.emit('error', new Error('accept EMFILE'))).not.toThrow()
})

test('ChallengePort answers while strangers have taken all places and say nothing', async () => {
  const listening = vi.spyOn(Server.prototype, 'listen')
  onTestFinished(() => listening.mockRestore())
  const opened = await ChallengePort.open('127.0.0.1', 0)
  onTestFinished(() => opened.close())
  const { port } = (listening.mock.contexts as Server[])[0]!.address() as AddressInfo
  const sockets = Array.from({ length: 80 }, () => connect(port, '127.0.0.1').on('error', () => {}))
  onTestFinished(() => sockets.forEach((socket) => socket.destroy()))
  await Promise.all(sockets.map((socket) => onceEvent(socket, 'connect')))
  opened.answer('t', 'text')
  const answer = await fetch(`http://127.0.0.1:${port}/.well-known/acme-challenge/t`)
  expect(await answer.text()).toBe('text')
})
