const prefix = 'linksocks-'

/**
 * Value that {@link remember} stored in this browser; undefined without one, or where pages may not use the storage.
 */
export function remembered(name: string): string | undefined {
  try {
    return localStorage.getItem(prefix + name) ?? undefined
  } catch {
    return undefined
  }
}

/** Stores a choice in this browser, if pages may use the storage. */
export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(prefix + name, value)
  } catch {
    // The choice applies until the page is closed.
  }
}
