/** Flags of V8 that the first script sets before it loads anything; as in `apps/cli/bin/linksocks.js`, which has why. */
export const entryFlags = ['--no-opt', '--no-maglev']
