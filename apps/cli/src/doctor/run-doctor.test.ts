import { silentLogger } from '@ls/foundation'
import { LinkSocksServer } from '@ls/server'
import { expect, test } from 'vitest'
import { parseCommandLine, type RunOf } from '../arguments/command-line.js'
import type { Finding } from './finding.js'
import { runDoctor } from './run-doctor.js'

/** Findings of `linksocks doctor` about a server with tokens of both kinds. */
async function finding(step: Finding['step'], ...argv: string[]): Promise<Finding | undefined> {
  const server = new LinkSocksServer({ host: '127.0.0.1', port: 0 })
  server.addForwardToken('client')
  server.addReverseToken({ token: 'provider', socksPort: 'none' })
  await server.listen()
  const url = `ws://127.0.0.1:${server.address?.port}`
  const { settings } = parseCommandLine(
    ['doctor', '-u', url, '--json', '--speed', '0s', ...argv],
    {},
  ) as RunOf<'doctor'>
  const lines: string[] = []
  const stop = new AbortController().signal
  await runDoctor(settings, { logger: silentLogger, print: (line) => lines.push(line), stop })
  await server.close()
  const { findings } = JSON.parse(lines.join('')) as { findings: readonly Finding[] }
  return findings.find((each) => each.step === step)
}

test.each([
  [['-t', 'wrong'], 'the server does not have this token'],
  [['-t', 'provider'], 'it is for providers'],
  [['-t', 'client', '--reverse'], 'it is for clients'],
])('runDoctor says why a server refuses %j', async (argv, cure) => {
  expect(await finding('token', ...argv)).toMatchObject({
    level: 'FAIL',
    code: 'ERR_CLIENT_REFUSED',
    cure: expect.stringContaining(cure) as unknown,
  })
})

test('runDoctor measures nothing with --speed 0s', async () => {
  expect(await finding('throughput', '-t', 'client')).toMatchObject({ level: 'SKIP' })
})

test('runDoctor refuses what is no address of a server, before the first step', async () => {
  const { settings } = parseCommandLine(['doctor', '-u', 'ftp://server.example'], {}) as RunOf<'doctor'>
  const stop = new AbortController().signal
  const run = runDoctor(settings, { logger: silentLogger, print: () => {}, stop })
  await expect(run).rejects.toMatchObject({ cause: { code: 'ERR_TRANSPORT_BAD_URL' } })
})
