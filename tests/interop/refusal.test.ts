import { freePort, within } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { serverUrl, token } from './link.js'
import { refusalCases } from './matrix.js'
import { PeerProcess } from './peer-process.js'
import { untilListening } from './ports.js'

const exitTimeoutMs = 15_000
const caseTimeoutMs = 40_000

/**
 * protocol.md §1: a client whose token is refused must not retry. The Go program then exits with 1. Two clients are not
 * tested. The client of pywssocks retries forever. So does the Go client at a pywssocks server, which refuses with
 * close 1008 and no AuthResponse; our client must understand that close.
 */
describe.each(refusalCases().map((one) => [one.title, one] as const))('%s', (_title, { server, client }) => {
  test('a client with a wrong token ends with exit code 1', { timeout: caseTimeoutMs }, async ({ onTestFailed }) => {
    const port = await freePort()
    const listen = ['server', '-H', '127.0.0.1', '-P', String(port), '-t', token]
    const serving = new PeerProcess(`${server.name} server`, server.command, listen)
    await untilListening(port, serving)
    const wrong = [...client.client, '-t', 'wrong', '-u', serverUrl(port), '-p', String(await freePort())]
    const refused = new PeerProcess(`${client.name} client`, client.command, wrong)
    onTestFailed(() => console.error(refused.report))
    try {
      await within(refused.exit(), `${client.name} to give up`, { timeoutMs: exitTimeoutMs })
      expect(refused.exitCode).toBe(1)
    } finally {
      await Promise.all([refused.stop(), serving.stop()])
    }
  })
})

test.skipIf(refusalCases().length === 0)('the programs of the matrix are installed', () => {
  expect(refusalCases()).not.toEqual([])
})
