import { type ListeningSockets, listeningSockets } from '@ls/dial'

/** Descriptor of the first socket that a service manager passes (sd_listen_fds(3)). */
const firstFd = 3

/** Most sockets: more than any machine needs. */
const maxSockets = 256

/**
 * Takes the listening sockets that a service manager has opened for this process. Each is for the port of its own
 * address.
 */
export function takeActivationSockets(
  { env, pid }: Pick<NodeJS.Process, 'env' | 'pid'>,
  sockets: Pick<ListeningSockets, 'inherit'> = listeningSockets,
): void {
  const { LISTEN_PID: receiver, LISTEN_FDS: text = '0' } = env
  // They are not for programs that this one starts.
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) Reflect.deleteProperty(env, name)
  if (receiver !== String(pid) || !/^\d{1,4}$/.test(text)) return
  for (let index = 0; index < Math.min(Number(text), maxSockets); index++) sockets.inherit(firstFd + index)
}
