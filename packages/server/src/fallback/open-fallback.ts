import type { Fallback, FallbackPlace } from './fallback.js'

/** Opens a fallback. Its module is loaded on demand: most servers have none. */
export async function openFallback(place: FallbackPlace): Promise<Fallback> {
  if (place.kind === 'site') {
    const { StaticSite } = await import('./static-site.js')
    return new StaticSite(place.folder)
  }
  const { ReverseProxy } = await import('./reverse-proxy.js')
  return new ReverseProxy(place.origin)
}
