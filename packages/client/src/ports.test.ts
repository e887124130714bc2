import { expect, test } from 'vitest'
import { resolveClientOptions } from './options/resolve-options.js'
import { Ports } from './ports.js'

/** Ports without a proxy port, and the fixed ports that they have opened. */
function fixedPorts() {
  const opened: string[] = []
  const ports = new Ports(resolveClientOptions({ proxy: 'none', forwards: ['127.0.0.1:0=h:1'] }), {
    pick: () => new Promise<never>(() => {}),
    pickOther: () => undefined,
    onProxy: () => opened.push('proxy'),
    onForward: () => opened.push('forward'),
  })
  return { ports, opened }
}

test('Ports opens fixed ports without a proxy port', async () => {
  const { ports, opened } = fixedPorts()
  await ports.open()
  await ports.close()
  expect(opened).toEqual(['forward'])
})

test('Ports refuses to change a proxy port that it does not have', async () => {
  const { ports } = fixedPorts()
  await expect(ports.change({ proxy: { port: 0 } })).rejects.toThrow('this client has no proxy port to change')
})
