import { type Dialler, diallerThrough, type UpstreamOptions } from './chain.js'
import type { Exit, Routes } from './routes.js'

/** Dials each target the way its route says. Made once, as {@link diallerThrough}. */
export function diallerByRoute(routes: Routes, options: UpstreamOptions): Dialler {
  const diallers = new Map(routes.exits.map((exit) => [exit, diallerFor(exit, options)]))
  // A promise even where the route rejects: callers wait for one.
  return async (target, dialOptions) => {
    const reach = diallers.get(routes.exitFor(target)) as Dialler
    return reach(target, dialOptions)
  }
}

function diallerFor(exit: Exit, options: UpstreamOptions): Dialler {
  return diallerThrough(exit.kind === 'upstreams' ? exit.upstreams : [], options)
}
