/**
 * Token in the path of a Wisp client, `/wisp/TOKEN/`: pages cannot send headers with a WebSocket, and Wisp 1 has no
 * other way. Undefined for any other path.
 */
export function wispToken(path: string): string | undefined {
  const part = /^\/wisp\/([^/]+)\/?$/.exec(path)?.[1]
  if (part === undefined) return undefined
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}
