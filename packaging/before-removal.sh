#!/bin/sh
# Before removing, and not before an upgrade: no unit goes on without its program.
set -e
case "${1:-}" in
remove | 0)
  if [ -z "${DPKG_ROOT:-}" ] && [ -d /run/systemd/system ]; then
    systemctl disable --now 'linksocks@*.service' || true
  fi
  ;;
esac
