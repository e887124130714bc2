/** Whether a host name, in lower case, means this machine by RFC 6761 §6.3. */
export function isLocalhost(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost')
}
