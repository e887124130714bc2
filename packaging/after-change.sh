#!/bin/sh
# After installing and after removing: systemd reads its units again, where it runs and this is no other root.
set -e
if [ -z "${DPKG_ROOT:-}" ] && [ -d /run/systemd/system ]; then
  systemctl daemon-reload || true
fi
