/** Settings from a file, the environment and the command line; see settings.ts for how to add one. */
export type { CommandLine } from './fields.ts'
export { type ConfigFile, checkSetting, readConfig } from './read.ts'
export { settingsMarkdown } from './reference.ts'
export { type Settings, settingsSchema } from './settings.ts'
export { configProblems, type Entry, type Given, type Settled, settle } from './settle.ts'
export { type CommandLineSetting, commandLineSettings, configJsonSchema, liveSettings } from './table.ts'
