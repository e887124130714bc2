import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ClientTlsOptions } from '@ls/transport'

/**
 * Runs `use` while OpenSSL's default locations hold only the certificates of `ca`. wreq-js accepts no certificates
 * itself, but reads these two variables when a session is made. `use` must be synchronous, so that no other code of the
 * process sees the change.
 */
export function withOwnRoots<T>(ca: NonNullable<ClientTlsOptions['ca']>, use: () => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'linksocks-ca-'))
  const { SSL_CERT_FILE, SSL_CERT_DIR } = process.env
  try {
    const file = join(folder, 'ca.pem')
    writeFileSync(file, pemOf(ca), { mode: 0o600 })
    setVariables({ SSL_CERT_FILE: file, SSL_CERT_DIR: folder })
    return use()
  } finally {
    setVariables({ SSL_CERT_FILE, SSL_CERT_DIR })
    rmSync(folder, { recursive: true, force: true })
  }
}

function pemOf(ca: NonNullable<ClientTlsOptions['ca']>): string {
  return [ca].flat().map(String).join('\n')
}

/** Sets both variables; assigning undefined to one would make it the text "undefined". */
function setVariables({ SSL_CERT_FILE: file, SSL_CERT_DIR: folder }: Variables): void {
  if (file === undefined) delete process.env['SSL_CERT_FILE']
  else process.env['SSL_CERT_FILE'] = file
  if (folder === undefined) delete process.env['SSL_CERT_DIR']
  else process.env['SSL_CERT_DIR'] = folder
}

interface Variables {
  readonly SSL_CERT_FILE: string | undefined
  readonly SSL_CERT_DIR: string | undefined
}
