import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

// Flags hold for the whole process, so each test has its own, which runs what `pnpm build` made.
const compiled = new URL('../dist/garbage-collection.js', import.meta.url)

describe('tuneGarbageCollection', () => {
  it('gives the process ArrayBuffer.prototype.transfer, which frees memory at once', async () => {
    const seen = await runTuned(`
      const bytes = Buffer.from(new ArrayBuffer(65_536))
      const rest = bytes.buffer.transfer(0)
      return [bytes.length, bytes.buffer.byteLength, rest.byteLength]
    `)
    expect(seen).toEqual([0, 0, 0])
  })

  it('gives it as the language has it: not enumerable, and moving what it keeps', async () => {
    const seen = await runTuned(`
      const moved = Uint8Array.of(1, 2, 3).buffer.transfer(2)
      const descriptor = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'transfer')
      return [[...new Uint8Array(moved)], descriptor.enumerable, descriptor.writable, descriptor.configurable]
    `)
    expect(seen).toEqual([[1, 2], false, true, true])
  })

  it('frees reads of a socket, so that their memory does not pile up', async () => {
    const seen = await runTuned(`
      for (let count = 0; count < 20_000; count++) new ArrayBuffer(65_536).transfer(0)
      return process.memoryUsage().arrayBuffers < 16_777_216
    `)
    expect(seen).toBe(true)
  })

  it('does nothing wrong when it is called again', async () => {
    expect(await runTuned('tuneGarbageCollection(); return new ArrayBuffer(8).transfer(0).byteLength')).toBe(0)
  })
})

/** What `body` returns in a process of its own, after `tuneGarbageCollection`. */
async function runTuned(body: string): Promise<unknown> {
  const script = `
    import { tuneGarbageCollection } from ${JSON.stringify(compiled.href)}
    tuneGarbageCollection()
    console.log(JSON.stringify((() => { ${body} })()))
  `
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script])
  return JSON.parse(stdout) as unknown
}
