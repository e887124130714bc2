const prefix = 'known-host '

/**
 * Whether a host has the key that was trusted before. Asks the user about an unknown host, and stores its key.
 *
 * @param {string} host
 * @param {string} fingerprint
 * @param {(question: string) => boolean} ask
 * @throws Error for a host whose key has changed
 */
export function trustHost(host, fingerprint, ask) {
  const known = localStorage.getItem(prefix + host)
  if (known === fingerprint) return true
  if (known !== null)
    throw new Error(`the key of ${host} has changed from ${known} to ${fingerprint}; somebody may listen`)
  const isTrusted = ask(`The key of ${host} is not known.\n\n${fingerprint}\n\nConnect, and remember it?`)
  if (isTrusted) localStorage.setItem(prefix + host, fingerprint)
  return isTrusted
}
