import { ourSystems, reverseSystem } from '../systems/linksocks.mjs'

/** Which end of the connections stands still: readers of downloads, or targets of uploads. */
export const directions = ['down', 'up']

/** Each mode by its name, and the system that starts it for a build of ours. */
export const modes = {
  forward: (program) => ourSystems(program)[0],
  reverse: (program) => reverseSystem(program),
  agent: (program) => ourSystems(program).find(({ id }) => id === 'linksocks-agent'),
}
