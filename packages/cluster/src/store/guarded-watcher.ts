import { type Logger, textOf } from '@ls/foundation'
import type { StoreWatcher } from './cluster-store.js'

/** Passes calls on. An error about one entry is logged: it must not end the watch of all others, or the process. */
export function guardedWatcher(watcher: StoreWatcher, logger: Logger): StoreWatcher {
  return {
    entry: (table, key, entry) => {
      try {
        watcher.entry(table, key, entry)
      } catch (error) {
        logger.error({ table, key, reason: textOf(error) }, 'an entry of the store of the cluster cannot be used')
      }
    },
    synced: () => watcher.synced(),
    lost: () => watcher.lost(),
  }
}
