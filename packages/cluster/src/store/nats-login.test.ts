import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { loginFrom } from './nats-login.js'

vi.mock('@nats-io/transport-node', () => ({
  credsAuthenticator: (bytes: Buffer) => () => {
    if (bytes.length === 0) throw new Error('unable to parse credentials')
    return { jwt: String(bytes) }
  },
}))

async function credentials(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'linksocks-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const path = join(folder, 'node.creds')
  await writeFile(path, text)
  return path
}

test('loginFrom reads the file at each connection', async () => {
  const path = await credentials('first')
  const login = loginFrom(path)
  const before = login()
  await writeFile(path, 'second')
  expect({ before, after: login() }).toEqual({ before: { jwt: 'first' }, after: { jwt: 'second' } })
})

test.each([
  ['is only half written', (path: string) => writeFile(path, '')],
  ['is gone', (path: string) => writeFile(`${path}.new`, 'x').then(() => rm(path))],
])('loginFrom keeps the last login while the file %s', async (_what, change) => {
  const path = await credentials('first')
  const login = loginFrom(path)
  await writeFile(path, 'second')
  login()
  await change(path)
  expect(login()).toEqual({ jwt: 'second' })
})
