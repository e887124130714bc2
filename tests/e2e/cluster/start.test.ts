import { freePort, until } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { Program } from '../program.js'
import { natsProgram, startNats, startNatsCluster } from './nats.js'

const environment = { LINKSOCKS_CLUSTER_SECRET: 'a secret that all nodes of a test share' }

/** Starts a node as a program; it need not find its NATS. */
async function startNode(natsUrls: readonly string[], ...words: string[]) {
  const [port, metrics] = [await freePort(), await freePort()]
  const places = ['-H', '127.0.0.1', '-P', String(port), '--metrics', `127.0.0.1:${metrics}`]
  const cluster = [...natsUrls.flatMap((url) => ['--cluster-nats', url]), '--cluster-listen', '127.0.0.1:0']
  const program = new Program({ environment }, 'server', '-t', 'token', ...places, ...cluster, ...words)
  const ready = async () => {
    const answer = await fetch(`http://127.0.0.1:${metrics}/readyz`).catch(() => undefined)
    return answer && { status: answer.status, text: await answer.text() }
  }
  return { program, ready }
}

describe.skipIf(natsProgram === undefined)('a node that starts', { timeout: 60_000 }, () => {
  test('before its NATS waits for it, and says so at /readyz', async () => {
    const nats = await startNats()
    await nats.stop()
    const { program, ready } = await startNode([nats.url])
    await program.printed(/waiting for the store of the cluster: NATS at /)
    const before = await ready()
    await nats.start()
    await program.printed(/^listening: /m)
    expect({ before, after: (await ready())?.status }).toEqual({
      before: { status: 503, text: expect.stringContaining('waiting for the cluster: NATS at ') as string },
      after: 200,
    })
  })

  test('while JetStream elects a leader waits for it', async () => {
    const nats = await startNatsCluster(3)
    await nats.start(0)
    const { program } = await startNode(nats.urls, '--cluster-replicas', '3')
    await program.printed(/waiting for the store of the cluster: /)
    await Promise.all([nats.start(1), nats.start(2)])
    await until(() => /^listening: /m.test(program.output), 'the node serves', { timeoutMs: 30_000 })
    expect(program.output).not.toContain('ERR_CLUSTER_STORE')
  })

  test('ends with ERR_CLUSTER_STORE when its time to wait is over', async () => {
    const { program } = await startNode([`nats://127.0.0.1:${await freePort()}`], '--cluster-wait', '600ms')
    expect({ code: await program.exit(), hasCode: program.output.includes('ERR_CLUSTER_STORE') }).toEqual({
      code: 1,
      hasCode: true,
    })
  })

  test('ends when it is asked to, while it waits', async () => {
    const { program } = await startNode([`nats://127.0.0.1:${await freePort()}`])
    await program.printed(/waiting for the store of the cluster: /)
    program.kill('SIGTERM')
    expect(await program.exit()).toBe(0)
  })

  test('does not wait for a NATS that refuses its login, and shows no password', async () => {
    const nats = await startNats(undefined, ['--user', 'one', '--pass', 'right'])
    const { program } = await startNode([nats.url.replace('//', '//one:wrong@')])
    const code = await program.exit()
    const [refused, hasPassword] = ['ERR_CLUSTER_STORE_REFUSED', 'wrong'].map((text) => program.output.includes(text))
    expect({ code, refused, hasPassword }).toEqual({ code: 1, refused: true, hasPassword: false })
  })
})
