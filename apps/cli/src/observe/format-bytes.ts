/** Formats a size with a unit of 1024s, as `12.3 MiB`. */
export function formatBytes(count: number): string {
  const power = count < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(count) / 10))
  return power === 0 ? `${count} B` : `${(count / 1024 ** power).toFixed(1)} ${units[power]}`
}

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']
