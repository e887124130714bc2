/**
 * Layout of a Data message, the same for TCP and UDP (protocol.md §1):
 *
 *     +---------+------+----------+------------+-------------+---------+---------+----------+
 *     | Version | Type | Protocol | ChannelID  | Compression | DataLen | Data    | UDP tail |
 *     +---------+------+----------+------------+-------------+---------+---------+----------+
 *     0         1      2          3            19            20        24
 */
export const dataHeaderBytes = 24
export const protocolOffset = 2
export const idOffset = 3
export const compressionOffset = 19
export const dataLengthOffset = 20

/** Protocol number of TCP on the wire; UDP is 2. */
export const tcp = 0x01
export const udp = 0x02

export const uncompressed = 0x00
export const gzip = 0x01
