import { spawn, spawnSync } from 'node:child_process'

/** Path of the manager on a machine with systemd. */
const manager = '/usr/lib/systemd/systemd'

/** Limit for the whole check on a slow machine, in milliseconds; it takes 15 s. */
const limitMs = 120_000

/** In the namespaces: a manager of its own, with the unit of the package and the few targets that it names. */
const start = `set -e
mount --make-rprivate /
mount -t tmpfs none /run
mount -t cgroup2 none /sys/fs/cgroup
for folder in /etc /usr /var; do
  mkdir -p /run/over$folder/upper /run/over$folder/work
  mount -t overlay overlay -o lowerdir=$folder,upperdir=/run/over$folder/upper,workdir=/run/over$folder/work $folder
done
dpkg --force-depends --install "$0" >/run/dpkg.log 2>&1
ip link set lo up
mkdir -p /run/systemd/system /run/units/linksocks@server.service.d
for target in check sysinit basic network-online; do
  printf '[Unit]\\nDescription=%s\\nDefaultDependencies=no\\n' $target >/run/units/$target.target
done
cp /usr/lib/systemd/system/linksocks@.service /run/units/
printf '[Service]\\nWatchdogSec=4\\nTimeoutAbortSec=1\\n' >/run/units/linksocks@server.service.d/watchdog.conf
echo LINKSOCKS_TOKEN=a_token_of_the_check >>/etc/linksocks/server.env
(sh -c "$1" || echo 'this was the last step') &
exec env -i PATH="$PATH" container=check SYSTEMD_UNIT_PATH=/run/units ${manager} --system --unit=check.target
`

/** Beside that manager: the life of a server. The limit for the whole check ends each `until`. */
const life = `set -e
unit=linksocks@server
shows() { [ "$(systemctl show --value --property=$1 $unit)" = "$2" ] || { echo "$1 is not $2:"; systemctl status --no-pager $unit; exit 1; }; }
until systemctl is-system-running >/dev/null 2>&1; do sleep 0.2; done
echo 'manager runs'
systemctl start $unit
shows StatusText running
shows DynamicUser yes
echo 'READY and STATUS arrived, from a user of its own'
systemctl reload $unit
shows ActiveState active
sleep 6
shows NRestarts 0
echo 'it goes on after a reload, and feeds the watchdog'
kill -STOP "$(systemctl show --value --property=MainPID $unit)"
until [ "$(systemctl show --value --property=NRestarts $unit)" = 1 ]; do sleep 0.2; done
until systemctl is-active --quiet $unit; do sleep 0.2; done
echo 'the watchdog starts one that hangs again'
systemctl stop $unit
shows Result success
shows ActiveState inactive
echo 'it stops by itself'
`

/**
 * Runs the unit of an installed package under a systemd of its own, in namespaces that end with it.
 *
 * @param {string} deb
 * @returns {Promise<void>} Rejects when the unit does not work; prints a message where it cannot be tried.
 */
export async function checkUnderSystemd(deb) {
  const namespaces = [
    '--pid',
    '--fork',
    '--kill-child',
    '--mount-proc',
    '--mount',
    '--cgroup',
    '--uts',
    '--ipc',
    '--net',
  ]
  if (spawnSync('unshare', [...namespaces, 'test', '-x', manager]).status !== 0)
    return console.warn('SKIPPED: the unit is not run, since there is no systemd or no right to make namespaces')
  const child = spawn('unshare', [...namespaces, 'sh', '-c', start, deb, life], { stdio: ['ignore', 'pipe', 'pipe'] })
  const timer = setTimeout(() => child.kill('SIGKILL'), limitMs)
  let told = ''
  const hear = (data) => {
    told += data
    if (/it stops by itself|the last step/.test(told)) setTimeout(() => child.kill('SIGKILL'), 500)
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  await new Promise((resolve) => child.once('exit', resolve))
  clearTimeout(timer)
  if (told.includes('it stops by itself')) return console.log(`under systemd:\n${told.trim()}`)
  if (!told.includes('manager runs'))
    return console.warn(`SKIPPED: the unit is not run, since no systemd starts in namespaces here\n${told.trim()}`)
  throw new Error(`the unit under systemd:\n${told}`)
}
