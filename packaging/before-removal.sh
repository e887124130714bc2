#!/bin/sh
# Before removal, but not before an upgrade: stops the units, which cannot run without their program.
set -e
case "${1:-}" in
remove | 0)
  if [ -z "${DPKG_ROOT:-}" ] && [ -d /run/systemd/system ]; then
    systemctl disable --now 'linksocks@*.service' || true
  fi
  ;;
esac
