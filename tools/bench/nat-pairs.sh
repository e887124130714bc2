#!/usr/bin/env bash
# Measures which pairs of NATs let a direct path open, its time in milliseconds, and its rate compared with the server's.
# Usage, as root: tools/bench/nat-pairs.sh [PAIR...]   where PAIR is PROVIDER-NAT:CONNECTOR-NAT[:PROVIDER-PROGRAM:CONNECTOR-PROGRAM]
# NATs: full (any sender reaches the port), cone (only senders that were addressed), symmetric (another port for each
# destination), upnp (symmetric, with miniupnpd: the program behind it gets --direct-upnp), blocked (no UDP), public
# (none: the program runs on the router).
# Programs: ours (the default), go. Needs nft and network namespaces; prints a line for each pair.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
go=${LINKSOCKS_PEERS:-$root/.cache/peers}/go-1.10.3/bin/linksocks
work=$(mktemp -d)
# BYTES, REQUESTS: size of the download, and number of small requests. KEEP_LOGS=1 keeps what the programs print.
# LINK_MS: delay of the line between each of the server and the two routers and the network in their middle, one way; none
# without it. Needs a compiler and /dev/net/tun; the lines then carry less than without it.
bytes=${BYTES:-100000000}
spaces=(hub server ra rb ca cb)
# Looks like an address of the internet: miniupnpd maps no ports behind one that does not.
wan=11.55.100
at() { ip netns exec "nat-$$-$1" "${@:2}"; }

cleanup() {
  local pids
  for space in "${spaces[@]}"; do
    pids=$(ip netns pids "nat-$$-$space" 2>/dev/null || true)
    [[ -z $pids ]] || kill $pids 2>/dev/null || true
  done
  sleep 0.3
  for space in "${spaces[@]}"; do ip netns del "nat-$$-$space" 2>/dev/null || true; done
}
trap 'cleanup; rm -rf "$work"' EXIT
[[ -z ${KEEP_LOGS:-} ]] || trap 'cleanup; echo "logs: $work"' EXIT

# The network of the server. The connector (a) and the provider (b) are each behind a router.
make_networks() {
  for space in "${spaces[@]}"; do
    ip netns add "nat-$$-$space"
    at "$space" ip link set lo up
  done
  if [[ -n ${LINK_MS:-} ]]; then
    cc -O2 -o "$work/shaper" "$root/tools/bench/path/shaper.c"
    echo "$LINK_MS 0 10000000 10000000" >"$work/line"
    at hub sysctl -qw net.ipv4.ip_forward=1
  else
    at hub ip link add br0 type bridge
    at hub ip link set br0 up
  fi
  line server 1
  router a 2
  router b 3
}

# Connects a network namespace to the network in the middle, as "wan".
line() {
  if [[ -n ${LINK_MS:-} ]]; then slow_line "$1" "$2"; else quick_line "$1" "$2"; fi
}

quick_line() {
  local space=$1 number=$2
  ip link add wan netns "nat-$$-$space" type veth peer name "wan-$space" netns "nat-$$-hub"
  at hub ip link set "wan-$space" master br0 up
  at "$space" ip addr add "$wan.$number/24" dev wan
  at "$space" ip link set wan up
}

# A tun device has no place in a bridge, so the network in the middle routes.
slow_line() {
  local space=$1 number=$2 end
  "$work/shaper" "nat-$$-$space" "nat-$$-hub" "$work/line" &
  # Not a program of a pair: "wait" must not wait for it.
  disown
  for end in hub "$space"; do
    until at "$end" ip link show path0 &>/dev/null; do sleep 0.05; done
  done
  at hub ip link set path0 name "wan-$space"
  at hub ip link set "wan-$space" up
  at hub ip route add "$wan.$number/32" dev "wan-$space"
  at "$space" ip link set path0 name wan
  at "$space" ip addr add "$wan.$number/32" dev wan
  at "$space" ip link set wan up
  at "$space" ip route add "$wan.0/24" dev wan src "$wan.$number"
}

router() {
  local side=$1 number=$2 net=10.$2.0
  line "r$side" "$number"
  ip link add lan netns "nat-$$-r$side" type veth peer name eth0 netns "nat-$$-c$side"
  at "r$side" ip addr add "$net.1/24" dev lan
  at "c$side" ip addr add "$net.2/24" dev eth0
  at "r$side" ip link set lan up
  at "c$side" ip link set eth0 up
  at "c$side" ip route add default via "$net.1"
  at "r$side" sysctl -qw net.ipv4.ip_forward=1
}

nat() {
  local side=$1 kind=$2 number=$3 how='masquerade persistent'
  [[ $kind != symmetric && $kind != upnp ]] || how='masquerade random,fully-random'
  kill $(ip netns pids "nat-$$-r$side") 2>/dev/null || true
  at "r$side" nft flush ruleset
  [[ $kind != public ]] || return 0
  # A router drops unrequested packets; otherwise its own entry would take the port from the client behind it.
  at "r$side" nft -f - <<NFT
table ip nat {
  chain out { type nat hook postrouting priority 100; oifname "wan" $how; }
  chain in { type nat hook prerouting priority -100; $([[ $kind != full ]] || echo "iifname \"wan\" meta l4proto udp dnat to 10.$number.0.2;") }
}
table ip filter {
  chain input { type filter hook input priority 0; iifname "wan" meta l4proto udp drop; }
  chain forward { type filter hook forward priority 0; $([[ $kind != blocked ]] || echo 'meta l4proto udp drop;') }
}
NFT
  [[ $kind != upnp ]] || upnp "$side"
}

# Lets the router open ports by UPnP.
upnp() {
  local side=$1
  at "r$side" nft -f - <<'NFT'
table inet upnp {
  chain forwarded { }
  chain mapped { }
  chain sent { }
  chain in { type nat hook prerouting priority -110; jump mapped; }
  chain out { type nat hook postrouting priority 90; jump sent; }
  chain through { type filter hook forward priority -10; jump forwarded; }
}
NFT
  cat >"$work/upnp-$side.conf" <<CONF
ext_ifname=wan
listening_ip=lan
port=5000
enable_upnp=yes
enable_natpmp=no
secure_mode=yes
min_lifetime=10
uuid=6d8a0b5e-7d0f-4c7b-9f1d-0000000000$side$side
lease_file=$work/upnp-$side.leases
upnp_table_name=upnp
upnp_nat_table_name=upnp
upnp_forward_chain=forwarded
upnp_nat_chain=mapped
upnp_nat_postrouting_chain=sent
allow 1024-65535 0.0.0.0/0 1024-65535
deny 0-65535 0.0.0.0/0 0-65535
CONF
  start "r$side" "upnp-$side" miniupnpd -d -f "$work/upnp-$side.conf" -P "$work/upnp-$side.pid"
}

# The network namespace of a program: behind its router, or on it.
home() {
  if [[ $2 == public ]]; then echo "r$1"; else echo "c$1"; fi
}

start() {
  local space=$1 name=$2
  shift 2
  at "$space" "$@" >"$work/$name.log" 2>&1 &
}

program() {
  if [[ $1 == go ]]; then echo "$go"; else echo node "$root/apps/cli/bin/linksocks.js"; fi
}

# Flags of a program behind a NAT.
direct_flags() {
  local flags='--direct-discovery server'
  [[ $1 == go ]] || flags+=' --direct-mode auto'
  [[ $2 != upnp ]] || flags+=' --direct-upnp'
  echo "$flags"
}

# Waits for a line of a log; prints the milliseconds since the call, or nothing after 15 s.
wait_for() {
  local pattern=$1 log=$2 from
  from=$(date +%s%3N)
  for _ in $(seq 300); do
    if grep -qE "$pattern" "$log" 2>/dev/null; then
      echo $(($(date +%s%3N) - from))
      return
    fi
    sleep 0.05
  done
}

fetch() {
  at "$near" curl -s -m 60 --socks5 127.0.0.1:9870 "http://127.0.0.1:8000/$1" -o /dev/null -w '%{speed_download} %{time_total}\n'
}

# Megabytes a second of a download, and the median of small requests in milliseconds.
measure() {
  local rate delay
  rate=$(fetch "$bytes" | awk '{ printf "%.1f", $1 / 1e6 }')
  delay=$(for _ in $(seq "${REQUESTS:-15}"); do fetch 1; done | awk '{ print $2 * 1000 }' | sort -n | sed -n "$(((${REQUESTS:-15} + 1) / 2))p")
  echo "$rate MB/s, $delay ms"
}

pair() {
  local provider_nat=$1 connector_nat=$2 provider=${3:-ours} connector=${4:-ours} opened protocol direct relay far
  far=$(home b "$provider_nat")
  near=$(home a "$connector_nat")
  nat b "$provider_nat" 3
  nat a "$connector_nat" 2
  start server server node "$root/apps/cli/bin/linksocks.js" server --direct-enable --direct-rendezvous-udp -r -t network -a
  wait_for listening "$work/server.log" >/dev/null
  start "$far" target node -e 'require("http").createServer((q,r)=>{let n=+q.url.slice(1);const b=Buffer.alloc(65536);const w=()=>{while(n>0){const c=b.subarray(0,Math.min(n,65536));n-=c.length;if(!r.write(c))return r.once("drain",w)}r.end()};w()}).listen(8000,"127.0.0.1")'
  # shellcheck disable=SC2046
  start "$far" provider $(program "$provider") provider -u "ws://$wan.1:8765" -t network -c friends $(direct_flags "$provider" "$provider_nat")
  wait_for 'link is up|Authentication successful' "$work/provider.log" >/dev/null
  sleep 1
  # shellcheck disable=SC2046
  start "$near" connector $(program "$connector") connector -u "ws://$wan.1:8765" -t friends $(direct_flags "$connector" "$connector_nat")
  wait_for 'link is up|Authentication successful' "$work/connector.log" >/dev/null
  opened=$(wait_for 'path: direct|Direct connectivity ready' "$work/connector.log")
  # Our program prints the duration of the attempt; for Go only the time since its link came up is available.
  opened=$(sed -nE 's/.*made in ([0-9]+) ms.*/\1/p' "$work/connector.log" | head -1 | grep . || echo "$opened")
  protocol=$(sed -nE 's/.*made in [0-9]+ ms over (\w+).*/ (\1)/p' "$work/connector.log" | head -1)
  [[ -z $opened ]] || sleep 0.5
  direct=$(measure)
  stop_clients
  if [[ -n $opened ]]; then
    start "$near" connector node "$root/apps/cli/bin/linksocks.js" connector -u "ws://$wan.1:8765" -t friends
    wait_for 'link is up' "$work/connector.log" >/dev/null
    relay=$(measure)
  else
    relay=$direct
    direct=-
  fi
  echo "| $provider $provider_nat | $connector $connector_nat | ${opened:-none}$protocol | $direct | $relay |"
  for space in server ca cb ra rb; do kill $(ip netns pids "nat-$$-$space") 2>/dev/null || true; done
  wait
}

stop_clients() {
  kill $(ip netns pids "nat-$$-$near") 2>/dev/null || true
  sleep 0.5
}

cleanup
make_networks
pairs=("$@")
[[ $# -gt 0 ]] || pairs=({full,cone,symmetric}:{full,cone,symmetric} upnp:symmetric symmetric:upnp cone:blocked {public,blocked}:public public:{symmetric,blocked} cone:cone:{go:ours,ours:go,go:go} cone:symmetric:{go:ours,ours:go})
echo '| Provider | Connector | Opened after, ms | Direct | Through the server |'
echo '|---|---|---|---|---|'
for each in "${pairs[@]}"; do
  IFS=: read -r -a words <<<"$each"
  pair "${words[@]}"
done
