/** Networks that are no ordinary targets, by kind. Each is `address/prefix`, or one address. */
export const specialNetworks = {
  /** Operating systems treat the first address of each as loopback; the others are unassigned (RFC 1122 §3.2.1.3). */
  unspecified: ['0.0.0.0/8', '::'],
  linkLocal: ['169.254.0.0/16', 'fe80::/10'],
  /**
   * Metadata services that are not link-local: those of AWS, Google, Alibaba, Azure and Oracle. They give credentials
   * without authentication.
   */
  metadata: ['fd00:ec2::254', 'fd20:ce::254', '100.100.100.200', '168.63.129.16', '192.0.0.192'],
  multicast: ['224.0.0.0/4', 'ff00::/8'],
  broadcast: ['255.255.255.255'],
  /** RFC 1918, RFC 6598, RFC 4193, and the site-local addresses that came before (RFC 3879). */
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7', 'fec0::/10'],
} as const
