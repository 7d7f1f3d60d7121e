import { problem } from '../errors.ts'
import { printFlow, readFlow } from '../flow/index.ts'
import { problemText } from './check.ts'
import { command } from './command.ts'
import { flowFiles, readText, replaceText } from './files.ts'
import { flag } from './option.ts'
import { counted, exitCodes } from './terminal.ts'

const options = {
  check: flag({ help: 'Writes nothing; exit code 1 when a file is not printed so.' }),
}

export const fmtCommand = command({
  name: 'fmt',
  summary: 'Rewrites flow files in the one form that diffs well.',
  usage: 'FILE... [--check]',
  words: { least: 1, most: Number.POSITIVE_INFINITY, what: 'a file or directory' },
  options,
  notes:
    'A directory stands for the flow files in it. A file that cannot be read as a flow is left as it is.\nExit code: 0 fine, 1 problems, 2 wrong usage.',
  run: ({ values, words, terminal }) => {
    let changed = 0
    let broken = 0
    const files = flowFiles(words)
    for (const file of files) {
      const text = readText(file)
      const { document, problems } = readFlow(text, file)
      if (document === undefined) {
        broken++
        for (const one of problems) terminal.err(problemText(one, terminal))
        continue
      }
      const printed = printFlow(document)
      if (printed === text) continue
      changed++
      if (values.check) terminal.out(problemText(problem('NOT_PRINTED', { file }, { file }), terminal))
      else {
        replaceText(file, printed)
        terminal.out(`${file} rewritten\n`)
      }
    }
    const left = files.length - changed - broken
    const verb = values.check ? 'to rewrite' : 'rewritten'
    terminal.out(`${counted(files.length, 'file')}: ${changed} ${verb}, ${left} as they should be, ${broken} broken\n`)
    return broken > 0 || (values.check && changed > 0) ? exitCodes.problems : exitCodes.ok
  },
})
