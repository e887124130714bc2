/** What there is instead of a flag that other programs have; undefined for a flag that nobody is used to. */
export function habitHint(rawName: string): string | undefined {
  const hint = hints[rawName.replace(/=.*/s, '')]
  return hint === undefined ? undefined : `; ${hint}`
}

const noFile = 'there is no configuration file: every flag can be a variable LINKSOCKS_… in the environment instead'
const moreLogs = 'more is logged with --debug (-d), and the version is --version (-V)'
const lessLogs = 'less is logged with --log-level warn'

const hints: Readonly<Record<string, string>> = {
  '--config': noFile,
  '--config-file': noFile,
  '--conf': noFile,
  '-v': moreLogs,
  '--verbose': moreLogs,
  '-q': lessLogs,
  '--quiet': lessLogs,
  '--silent': lessLogs,
}
