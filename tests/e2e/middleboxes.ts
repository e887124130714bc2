import { readFile, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort, type TestCertificate } from '@ls/testkit'
import { PeerProcess } from '../interop/peer-process.js'
import { untilListening } from '../interop/ports.js'
import { afterTest } from '../stress/cleanup.js'
import { temporaryFolder } from './temporary-folder.js'

export interface Nginx {
  readonly plainPort: number
  readonly tlsPort: number
}

/** Starts nginx with `middleboxes/nginx.conf`, in front of `server` (`host:port`, or `unix:/path`). */
export async function startNginx(server: string, { cert, key }: TestCertificate): Promise<Nginx> {
  const folder = await temporaryFolder()
  const [plainPort, tlsPort] = [await freePort(), await freePort()]
  await writeFile(join(folder, 'cert.pem'), cert)
  await writeFile(join(folder, 'key.pem'), key)
  const config = await fill('nginx.conf', {
    FOLDER: folder,
    // Where root starts nginx: nginx's own user could not open a UNIX socket of this test.
    USER: userInfo().username,
    SERVER: server,
    PLAIN_PORT: plainPort,
    TLS_PORT: tlsPort,
  })
  await startBox('nginx', ['-p', folder, '-e', 'stderr', '-c', await put(folder, config)], plainPort)
  return { plainPort, tlsPort }
}

export interface Haproxy {
  readonly v1Port: number
  readonly v2Port: number
  readonly tlsPort: number
  readonly acceptPort: number
}

/**
 * Starts haproxy with `middleboxes/haproxy.cfg`, in front of `server` and, where it accepts headers itself, of
 * `target`.
 */
export async function startHaproxy(
  { server, target = server }: { readonly server: string; readonly target?: string },
  { cert, key }: TestCertificate,
): Promise<Haproxy> {
  const folder = await temporaryFolder()
  const ports = {
    v1Port: await freePort(),
    v2Port: await freePort(),
    tlsPort: await freePort(),
    acceptPort: await freePort(),
  }
  await writeFile(join(folder, 'pair.pem'), cert + key)
  const config = await fill('haproxy.cfg', {
    FOLDER: folder,
    SERVER: server,
    TARGET: target,
    V1_PORT: ports.v1Port,
    V2_PORT: ports.v2Port,
    TLS_PORT: ports.tlsPort,
    ACCEPT_PORT: ports.acceptPort,
  })
  await startBox('haproxy', ['-db', '-f', await put(folder, config)], ports.acceptPort)
  return ports
}

/** Starts a program and waits until it listens; it ends with the test. */
export async function startBox(program: string, args: readonly string[], port: number): Promise<void> {
  const process = new PeerProcess(program, [program], args)
  afterTest(() => process.stop())
  try {
    await untilListening(port, process)
  } catch (error) {
    throw new Error(process.report, { cause: error })
  }
}

async function fill(name: string, values: Readonly<Record<string, string | number>>): Promise<string> {
  const template = await readFile(fileURLToPath(new URL(`middleboxes/${name}`, import.meta.url)), 'utf8')
  return template.replaceAll(/@([A-Z0-9_]+)@/g, (_all, key: string) => {
    const value = values[key]
    if (value === undefined) throw new Error(`${name} wants ${key}, which nobody gives`)
    return String(value)
  })
}

async function put(folder: string, text: string): Promise<string> {
  const path = join(folder, 'config')
  await writeFile(path, text)
  return path
}
