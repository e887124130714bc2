/** Whether a host name, in lower case, stands for this machine by RFC 6761 §6.3. */
export function isLocalhost(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost')
}
