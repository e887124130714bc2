/** Commands of clients. A scope is the list of commands that have a flag. */
export const clients = ['client', 'provider', 'connector'] as const
export const links = ['server', ...clients] as const
/** Commands that dial a server. */
export const dialling = [...clients, 'connect', 'doctor'] as const
export const running = [...links, 'demo'] as const
/** Commands that call the API of a running server. */
export const asking = ['token', 'ports', 'nodes', 'top', 'drain', 'restart', 'log-level'] as const
export const logging = [...running, 'connect', 'run', ...asking, 'status', 'doctor'] as const
export const everything = [...logging, 'check-config', 'config', 'completion', 'version', 'help'] as const

export const port = { min: 0, max: 65_535 } as const

/** For `unusedBy`: flags of the ports that programs connect to. */
export const ofProxyPorts = { provider: 'a provider opens no proxy port' } as const

const atExits = 'it belongs where traffic leaves, at the server or a provider'
/** For `unusedBy`: flags of the connections to targets. */
export const ofExits = { client: atExits, connector: atExits } as const

/** Limits of credentials: a token is 1–255 bytes (protocol.md §1); so are a user name and a password (RFC 1929 §2). */
export const credential = { secret: 'value', maxBytes: 255 } as const
