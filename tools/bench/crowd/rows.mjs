import { ourSystems, reverseSystem } from '../systems/linksocks.mjs'

/** The direction of the stalled connections: downloads without a reader, or uploads whose target does not read. */
export const directions = ['down', 'up']

/** Each mode by its name, and the system that starts it for a build of ours. */
export const modes = {
  forward: (program) => ourSystems(program)[0],
  reverse: (program) => reverseSystem(program),
  agent: (program) => ourSystems(program).find(({ id }) => id === 'linksocks-agent'),
}
