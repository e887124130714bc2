#!/bin/sh
# After removing: systemd forgets the unit, and a purge takes keys and certificates along. RPM knows no purge.
set -e
if [ "${1:-}" = purge ]; then
  rm -rf "${DPKG_ROOT:-}/var/lib/linksocks" "${DPKG_ROOT:-}/var/lib/private/linksocks"
fi
if [ -z "${DPKG_ROOT:-}" ] && [ -d /run/systemd/system ]; then
  systemctl daemon-reload || true
fi
