import { signal } from '@preact/signals'

/** Pages in the order of the menu. */
const pageNames = ['overview', 'links', 'connections', 'destinations', 'tokens', 'ports', 'log', 'config'] as const
export type PageName = (typeof pageNames)[number]

/** Pages of a client, and pages of a server. */
export const pagesOf: Readonly<Record<'server' | 'client', readonly PageName[]>> = {
  server: pageNames.filter((name) => name !== 'destinations'),
  client: ['overview', 'links', 'connections', 'destinations', 'log'],
}

/** Current page: the part of the address after `#/`. */
export const page = signal<PageName>(pageOfAddress())

addEventListener('hashchange', () => {
  page.value = pageOfAddress()
})

export function addressOf(name: PageName): string {
  return `#/${name}`
}

function pageOfAddress(): PageName {
  return pageNames.find((name) => addressOf(name) === location.hash) ?? 'overview'
}
