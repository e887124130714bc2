/** Hint for a flag of other programs; undefined for an unknown one. */
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
