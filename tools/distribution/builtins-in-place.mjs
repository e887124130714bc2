/** `import a,{b as c}from"node:x";` as esbuild prints it. */
const importOfBuiltin =
  /import\s*(?:([\w$]+)\s*,?\s*)?(?:\*\s*as\s+([\w$]+)\s*)?(?:\{([^}]*)\}\s*)?from\s*"(node:[\w/]+)";/g

/**
 * Replaces imports of Node's modules in a module by calls. An `import` reads each export of such a module, also those
 * that Node loads when they are read first: that of `node:http` loads all of undici from Node 22 on.
 *
 * @param {string} module Text of an ES module, printed by esbuild.
 * @throws When it has an import or export of another form.
 */
export function builtinsInPlace(module) {
  const replaced = module.replaceAll(importOfBuiltin, (_all, byDefault, namespace, named, name) => {
    const call = `process.getBuiltinModule("${name}")`
    const whole = [byDefault, namespace].filter((each) => each !== undefined).map((each) => `const ${each}=${call};`)
    return named === undefined ? whole.join('') : `${whole.join('')}const{${named.replaceAll(' as ', ':')}}=${call};`
  })
  const left = /.{0,80}from\s*"node:[\w/]+"/.exec(replaced)
  if (left !== null) throw new Error(`unknown form of an import: ${left[0]}`)
  return replaced
}
