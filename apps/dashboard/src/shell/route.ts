import { signal } from '@preact/signals'

/** Pages in the order of the menu. */
export const pageNames = ['overview', 'links', 'connections', 'tokens', 'ports', 'log', 'config'] as const
export type PageName = (typeof pageNames)[number]

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
