import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '@ls/testkit'
import { expect, test } from 'vitest'
import { Program } from './program.js'
import { temporaryFolder } from './temporary-folder.js'

/** A configuration file of one server, in JSON, which is YAML. */
async function configuration(): Promise<{ file: string; write: (proxies: readonly string[]) => Promise<void> }> {
  const file = join(await temporaryFolder(), 'linksocks.yaml')
  const main = { token: 'my_token', 'ws-host': '127.0.0.1', 'ws-port': await freePort() }
  const write = (proxies: readonly string[]): Promise<void> =>
    writeFile(file, JSON.stringify({ servers: { main: { ...main, 'socks-listen': proxies } } }), { mode: 0o600 })
  await write([])
  return { file, write }
}

test('SIGHUP has the program read its file again', async () => {
  const { file, write } = await configuration()
  const program = new Program('run', '--config', file)
  await program.printed(/listening/)
  await write([`127.0.0.1:${await freePort()}`])
  program.kill('SIGHUP')
  await program.printed(/the configuration was read again/)
  expect(program.output).toMatch(/the configuration was read again: servers\.main: proxy ports changed/)
})

test('SIGHUP does not change a program whose file has a mistake, and the log reports it', async () => {
  const { file } = await configuration()
  const program = new Program('run', '--config', file)
  await program.printed(/listening/)
  await writeFile(file, 'servers: {main: {ws-prot: 1}}')
  program.kill('SIGHUP')
  await program.printed(/nothing was changed: .*did you mean ws-port/)
  program.kill('SIGTERM')
  expect(await program.exit()).toBe(0)
})

test('--watch-config has the program read its file again when it changes', async () => {
  const { file, write } = await configuration()
  const program = new Program('run', '--config', file, '--watch-config')
  await program.printed(/listening/)
  await write([`127.0.0.1:${await freePort()}`])
  await program.printed(/the configuration was read again/)
  expect(program.output).toMatch(/the configuration was read again: servers\.main: proxy ports changed/)
})
