import { makeBackup, verifyBackup } from '../host/backup.ts'
import { restoreBackup } from '../host/restore.ts'
import { command } from './command.ts'
import { packageVersion } from './home.ts'
import { flag, integer } from './option.ts'
import { readSettings } from './settings.ts'
import { directoryOptions } from './start-options.ts'
import { counted, exitCodes } from './terminal.ts'

const backupOptions = {
  ...directoryOptions,
  keep: integer({
    value: 'N',
    fallback: undefined,
    least: 1,
    most: 100_000,
    help: 'Removes the oldest backups in DIR beyond so many.',
  }),
}

export const backupCommand = command({
  name: 'backup',
  summary: 'Copies database and flow files while the engine runs, and verifies the copy.',
  usage: 'DIR [options]',
  words: { least: 1, most: 1, what: 'a directory for the backups' },
  options: backupOptions,
  notes: `Each backup is a directory of its own in DIR. The key of the secrets is not in it: keep data/secret.key elsewhere.

  rulewire backup /var/backups/rulewire --keep 14`,
  run: ({ values, sources, words: [into = ''], terminal }) => {
    const { settings, file } = readSettings({ values, sources })
    const done = makeBackup({
      data: settings.data,
      flows: settings.flows,
      config: file,
      into,
      keep: values.keep,
      version: packageVersion(),
      now: Date.now(),
    })
    const size = `${(done.bytes / 1e6).toFixed(1)} MB`
    const removed = done.removed === 0 ? '' : `; ${counted(done.removed, 'older backup')} removed`
    terminal.out(`${done.directory}: verified, ${counted(done.flows, 'flow')}, ${size}${removed}\n`)
    return exitCodes.ok
  },
})

const restoreOptions = {
  ...directoryOptions,
  replace: flag({ help: 'Puts aside what stands there (nothing is deleted).' }),
  'verify-only': flag({ help: 'Only tells whether the backup is whole.' }),
}

export const restoreCommand = command({
  name: 'restore',
  summary: 'Verifies a backup and puts it in place; the engine must not run.',
  usage: 'BACKUP [options]',
  words: { least: 1, most: 1, what: 'a backup' },
  options: restoreOptions,
  notes: `What was on its way when the backup was made is sent again: at least once, also at QoS 2.
A config file in the backup is not put in place; it is in BACKUP/config.`,
  run: ({ values, sources, words: [backup = ''], terminal }) => {
    if (values['verify-only']) {
      const { made, version } = verifyBackup(backup)
      terminal.out(`${backup}: whole, made ${made} by version ${version}\n`)
      return exitCodes.ok
    }
    const { data, flows } = readSettings({ values, sources }).settings
    const { manifest, aside } = restoreBackup({ backup, data, flows, replace: values.replace, now: Date.now() })
    terminal.out(`${backup} of ${manifest.made} is in place: ${data} and ${flows}\n`)
    for (const place of aside) terminal.out(`what stood there is in ${place}\n`)
    return exitCodes.ok
  },
})
