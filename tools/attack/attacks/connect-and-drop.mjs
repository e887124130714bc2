import { Link } from '../link.mjs'
import { tokens } from '../rig.mjs'

const workers = 24
const durationMs = 10_000

export const connectAndDrop = {
  id: 'connect-and-drop',
  title: 'tenant: opens sessions and drops them, 24 at a time, for 10 s',
  run: async ({ url }) => {
    const until = performance.now() + durationMs
    const work = async () => {
      while (performance.now() < until) {
        const link = await Link.open({ url, token: tokens.attacker, extensions: ['window', 'resume'] }).catch(() => {})
        link?.drop()
      }
    }
    await Promise.all(Array.from({ length: workers }, work))
  },
}
