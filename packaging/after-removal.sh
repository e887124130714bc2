#!/bin/sh
# After removal: makes systemd read its units again. A purge also removes keys and certificates. RPM has no purge.
set -e
if [ "${1:-}" = purge ]; then
  rm -rf "${DPKG_ROOT:-}/var/lib/linksocks" "${DPKG_ROOT:-}/var/lib/private/linksocks"
fi
if [ -z "${DPKG_ROOT:-}" ] && [ -d /run/systemd/system ]; then
  systemctl daemon-reload || true
fi
