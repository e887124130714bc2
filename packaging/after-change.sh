#!/bin/sh
# After installation and removal: makes systemd read its units again, if it runs and this is not another root.
set -e
if [ -z "${DPKG_ROOT:-}" ] && [ -d /run/systemd/system ]; then
  systemctl daemon-reload || true
fi
