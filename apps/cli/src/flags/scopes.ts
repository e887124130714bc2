/** Which commands a flag is for. */
export const clients = ['client', 'provider', 'connector'] as const
export const links = ['server', ...clients] as const
/** Those that dial a server. */
export const dialling = [...clients, 'connect', 'doctor'] as const
export const running = [...links, 'demo'] as const
/** Those that ask a running server over its API. */
export const asking = ['token', 'ports', 'top', 'drain', 'restart', 'log-level'] as const
export const logging = [...running, 'connect', 'run', ...asking, 'status', 'doctor'] as const
export const everything = [...logging, 'check-config', 'config', 'completion', 'version', 'help'] as const

export const port = { min: 0, max: 65_535 } as const

/** protocol.md §1: a token is 1–255 bytes; RFC 1929 §2: so are a user name and a password. */
export const credential = { secret: 'value', maxBytes: 255 } as const
