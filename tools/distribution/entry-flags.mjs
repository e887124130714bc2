/** Flags of V8 that the first script sets before it loads anything, as `apps/cli/bin/linksocks.js` does. */
export const entryFlags = [
  '--no-opt',
  '--no-maglev',
  '--no-sparkplug',
  '--no-regexp-optimization',
  '--semi-space-growth-factor=1',
  '--no-parallel-scavenge',
]
