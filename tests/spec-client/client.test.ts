import { fileURLToPath } from 'node:url'
import { echoServer, freePort, requireProgram } from '@ls/testkit'
import { expect, test } from 'vitest'
import { Program } from '../e2e/program.js'
import { runProgram } from '../e2e/run-program.js'
import { closing } from '../stress/cleanup.js'

// The client was written from spec/protocol.md and its vectors alone: these tests show that they are enough to write
// one.
const client = fileURLToPath(new URL('client.py', import.meta.url))
const python = requireProgram('python3')
const environment = { PYTHONDONTWRITEBYTECODE: '1' }

test.runIf(python !== undefined)('a client written from spec/protocol.md carries 1 MiB there and back', async () => {
  const port = String(await freePort())
  const target = closing(await echoServer())
  const server = new Program('server', '-t', 'spec_token', '-H', '127.0.0.1', '-P', port)
  await server.printed(/listening/i)
  const { output, errors } = await runProgram('python3', [client, port, 'spec_token', String(target.port)], {
    environment,
  })
  expect({ output, errors }).toEqual({ output: 'ok\n', errors: '' })
})
