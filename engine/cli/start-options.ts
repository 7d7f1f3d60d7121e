import { type Option, text } from './option.ts'
import { settingOptions } from './setting-options.ts'

/** Names the config file. */
export const configOption = {
  config: text({
    value: 'FILE',
    variable: 'RULEWIRE_CONFIG',
    fallback: undefined,
    shown: './rulewire.json if it is there',
    help: 'Settings of a file: JSON, comments allowed.',
  }),
}

const settings = settingOptions()

/** The options of `rulewire start`: parsing, help, environment and checks come from the settings (engine/config/settings.ts). */
export const startOptions = {
  ...configOption,
  ...settings,
  // what the table derives is known by its names only; these two are text with a default there
  flows: settings.flows as Option<string>,
  data: settings.data as Option<string>,
}

/** For commands that work on the directories of an engine: give what was parsed to `readSettings`, which reads the config file too. */
export const directoryOptions = { config: startOptions.config, flows: startOptions.flows, data: startOptions.data }

const { config: _config, flows: _flows, data: _data, ...further } = startOptions

/** Those that commands which look at the settings of `start` have in common with it, and need not show again. */
export const furtherStartOptions = further
