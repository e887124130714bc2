import { Server } from 'node:net'
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
