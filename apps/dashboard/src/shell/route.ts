import { signal } from '@preact/signals'

/** Pages in the order of the menu. */
const pageNames = ['overview', 'links', 'connections', 'destinations', 'tokens', 'ports', 'log', 'config'] as const
export type PageName = (typeof pageNames)[number]

/** Those that a client has, and those that a server has. */
export const pagesOf: Readonly<Record<'server' | 'client', readonly PageName[]>> = {
  server: pageNames.filter((name) => name !== 'destinations'),
  client: ['overview', 'links', 'connections', 'destinations', 'log'],
}

/** The page that is shown: the part of the address behind `#/`. */
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
