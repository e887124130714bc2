const prefix = 'linksocks-'

/** What {@link remember} kept in this browser; undefined without it, or where storage is closed to pages. */
export function remembered(name: string): string | undefined {
  try {
    return localStorage.getItem(prefix + name) ?? undefined
  } catch {
    return undefined
  }
}

/** Keeps a choice in this browser, if it lets pages keep anything. */
export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(prefix + name, value)
  } catch {
    // The choice holds until the page is left.
  }
}
