import { dirname, join } from 'node:path'
import { nodeSpecs } from '../../nodes/index.ts'
import { type LoadedRuleFile, loadRuleFile } from '../rules/index.ts'
import { readText } from './files.ts'

/** Reads a file of rule tests and the flow beside it. Throws FILE_UNREADABLE when the tests are not there. */
export function loadTests(file: string): LoadedRuleFile {
  return loadRuleFile(readText(file), file, {
    specs: nodeSpecs,
    flow: (id) => {
      const beside = join(dirname(file), `${id}.json`)
      return { file: beside, text: readText(beside) }
    },
  })
}
