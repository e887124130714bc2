import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LinkSocksClient } from '@ls/client'
import { silentLogger } from '@ls/foundation'
import { LinkSocksServer } from '@ls/server'
import { until } from '@ls/testkit'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { Redactor } from '../output/redactor.js'
import { KeptServerToken } from './kept-server-token.js'

let url: string
let lines: string[]

beforeEach(async () => {
  const relay = new LinkSocksServer({ host: '127.0.0.1', port: 0, relay: {} })
  await relay.listen()
  onTestFinished(() => relay.close())
  url = `ws://127.0.0.1:${relay.address?.port}`
  lines = []
})

interface Given {
  readonly state?: string
  readonly connectorToken?: readonly string[]
}

/** A provider without a token, as the command runs it. */
async function provider({ state, connectorToken = [] }: Given = {}): Promise<LinkSocksClient> {
  const settings = { url, state, connectorToken, token: undefined, reverse: true, tlsPin: [] }
  const kept = await KeptServerToken.open(settings)
  const connectorTokens = kept.code === undefined ? connectorToken : [kept.code]
  const client = new LinkSocksClient({ url, role: 'provider', serverToken: kept.value, connectorTokens })
  onTestFinished(() => client.close())
  const print = (line: string): void => void lines.push(line)
  kept.watch(client, { redactor: new Redactor(), print, logger: silentLogger, program: 'linksocks' })
  await client.start()
  return client
}

function codeLine(): string | undefined {
  return lines.find((line) => line.startsWith('connector token: '))
}

test('KeptServerToken.watch shows a code that the relay makes up, with the command to use it', async () => {
  await provider()
  await until(() => lines.length === 3, 'the lines')
  const [, code] = codeLine()!.split(': ')
  expect(lines.slice(1)).toEqual([
    `connector token: ${code}`,
    `next: linksocks connector '${url.replace('//', `//${code}@`)}'`,
  ])
})

test('KeptServerToken.watch shows a code that lets a connector in', async () => {
  await provider()
  await until(() => codeLine() !== undefined, 'the code')
  const token = codeLine()!.split(': ')[1]!
  const connector = new LinkSocksClient({ url, token, role: 'connector', proxy: { port: 0 }, reconnect: false })
  onTestFinished(() => connector.close())
  await expect(connector.start()).resolves.toBeUndefined()
})

test('KeptServerToken.watch asks for no code where the user gives one', async () => {
  const client = await provider({ connectorToken: ['tuna-42-lamp'] })
  await until(() => client.snapshot().links.up === 1 && lines.length > 0, 'the link')
  expect(codeLine()).toBeUndefined()
})

test('KeptServerToken.watch shows the same code after a restart with a state file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ls-code-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const state = join(folder, 'state.json')
  const first = await provider({ state })
  await until(() => codeLine() !== undefined, 'the code')
  const code = codeLine()
  await until(() => existsSync(state) && readFileSync(state, 'utf8').includes('code of '), 'the state file')
  await first.close()
  lines = []
  await provider({ state })
  expect(lines).toEqual([code, expect.stringContaining('next: linksocks connector ')])
})
