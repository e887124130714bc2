// Opens connections one after the other and leaves them stalled: it reads nothing, and with `writes` it writes as much
// as each one accepts. Reports their number to its parent.
import { dial } from '../../load/dial.mjs'

const { crowd, writes, ...route } = JSON.parse(process.argv[2])
const payload = Buffer.alloc(8 * 1024 * 1024)
const atOnce = 8
let opened = 0
let begun = 0

process.on('disconnect', () => process.exit())
await Promise.all(Array.from({ length: atOnce }, open))
process.send({ opened })

async function open() {
  while (begun++ < crowd) {
    try {
      const { socket } = await dial(route)
      socket.pause()
      if (writes) socket.write(payload)
      opened++
    } catch (error) {
      if (opened === begun) console.error(`crowd: ${error.message}`)
    }
  }
}
