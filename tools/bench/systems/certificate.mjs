import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { scratchFile } from '../scratch.mjs'

let made

/**
 * Returns the paths of a certificate for localhost and of its key; created once, removed with this process. @throws
 * Error without openssl.
 */
export function certificate() {
  made ??= make()
  return made
}

async function make() {
  const [cert, key] = [scratchFile('cert.pem'), scratchFile('key.pem')]
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  const how = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  await promisify(execFile)('openssl', ['req', ...how, ...names, '-out', cert, '-keyout', key])
  return { cert, key }
}
