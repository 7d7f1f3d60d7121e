import { existsSync } from 'node:fs'
import { type ConfigFile, readConfig, type Settled, settle } from '../config/index.ts'
import { readText } from './files.ts'
import type { Source } from './parse.ts'
import { givenSettings } from './setting-options.ts'

/** The file that is read when none is named and it is there. */
export const defaultConfigFile = 'rulewire.json'

/** What the parser of the command line found for the options of `rulewire start`. */
export interface ParsedOptions {
  values: Readonly<Record<string, unknown>>
  sources: Readonly<Record<string, Source>>
}

/**
 * All settings: an option goes before its variable, that before the file, that before the default.
 * Throws FILE_UNREADABLE, and CONFIG_PROBLEMS with all problems of the file.
 */
export function readSettings({ values, sources }: ParsedOptions): Settled & { file: string | undefined } {
  const file = readConfigFile(typeof values.config === 'string' ? values.config : undefined)
  return { ...settle(file, givenSettings(values, sources)), file: file?.file }
}

/** The settings as if there were no file, for looking at the rest when it has problems. */
export function readSettingsWithoutFile({ values, sources }: ParsedOptions): Settled {
  return settle(undefined, givenSettings(values, sources))
}

/** The file of that name, or the default one; undefined when none is named and the default one is not there. Throws FILE_UNREADABLE. */
export function readConfigFile(name: string | undefined): ConfigFile | undefined {
  if (name === undefined && !existsSync(defaultConfigFile)) return undefined
  const file = name ?? defaultConfigFile
  return readConfig(readText(file), file)
}
