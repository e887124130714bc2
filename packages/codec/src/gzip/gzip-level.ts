/**
 * Level of `gzip`, 1 to 9. Measured on Node 20 with 1 MiB of JSON: level 6 takes three times as long as level 1 for a
 * twentieth less output, and a proxied stream waits for it.
 */
export const gzipLevel = 1
