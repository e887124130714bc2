const prefix = 'unix:'

/**
 * Longest path. `sun_path` is 104 bytes on BSD and macOS, including its NUL; Linux has 108. Systems truncate longer
 * paths silently.
 */
const maxPathBytes = 103

/** Permissions for the owner and its group: reverse proxies run as other users, which join the group. */
export const socketMode = 0o660

/**
 * Returns the path of a host like `unix:/run/linksocks.sock`; undefined for any other host. @throws RangeError for an
 * invalid path
 */
export function unixPathOf(host: string): string | undefined {
  if (!host.startsWith(prefix)) return undefined
  const path = host.slice(prefix.length)
  const bytes = Buffer.byteLength(path)
  // An abstract name (Linux) has no file whose permissions would protect it.
  if (bytes === 0 || path.includes('\0')) throw new RangeError(`"${prefix}" needs the path of a file behind it`)
  if (bytes <= maxPathBytes) return path
  throw new RangeError(`the UNIX socket path "${path}" has ${bytes} bytes; the limit is ${maxPathBytes}`)
}
