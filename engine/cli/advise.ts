import { nodeSpecs } from '../../nodes/index.ts'
import { doAdvise } from '../host/advise-run.ts'
import { adviceText } from './advise-report.ts'
import { command } from './command.ts'
import { chosenInput, inputOptions } from './input-options.ts'
import { Interrupted, longRun } from './long-run.ts'
import { choice, flag, type Option, OptionFault, text } from './option.ts'
import { readSettings } from './settings.ts'
import { directoryOptions } from './start-options.ts'
import { exitCodes } from './terminal.ts'

const options = {
  ...inputOptions,
  filter: text({
    value: 'FILTER',
    fallback: undefined,
    help: 'Topic filter of the values, as in mqtt-in: fridges/{fridge}/climate. That of --topic unless said.',
  }),
  value: text({ value: 'EXPRESSION', fallback: undefined, help: 'JSONata for the number (default: payload).' }),
  key: text({ value: 'EXPRESSION', fallback: undefined, help: 'JSONata for the key (default: the topic).' }),
  side: choice({ words: ['both', 'above', 'below'], fallback: 'both', help: 'Which values are bad.' }),
  'per-day': rate(),
  config: directoryOptions.config,
  data: directoryOptions.data,
  json: flag({ help: 'Prints the result as JSON, for programs.' }),
}

export const adviseCommand = command({
  name: 'advise',
  summary: 'Suggests limit, deadband and on-delay of an alarm from recorded values.',
  usage: '[--filter FILTER] [--value EXPRESSION] [--from TIME] [--to TIME] [--input FILE]',
  words: { least: 0, most: 0, what: '' },
  options,
  notes: `It looks at the recorded values, and runs the alarm node with each candidate over them: the table shows how many alarms a day each
would have made. What it suggests is ordinary or not by the past; whether it is dangerous is for you to say.

  rulewire advise --filter 'fridges/{fridge}/climate' --value payload.celsius --key params.fridge --side above --from 30d
  rulewire advise --input readings.csv --topic machine/temperature --value payload.value`,
  run: async ({ values, sources, terminal }) => {
    const { settings } = readSettings({ values, sources })
    const { source, from, to } = chosenInput(values, settings.data, Date.now())
    const job = {
      topic: values.filter ?? (values.topic === undefined ? '#' : values.topic),
      value: values.value,
      key: values.key,
      side: values.side === 'both' ? undefined : values.side,
      perDay: values['per-day'],
      source,
      from,
      to,
    }
    try {
      const advice = await longRun(terminal, (pace) => doAdvise(job, nodeSpecs, pace))
      terminal.out(values.json ? `${JSON.stringify(advice, undefined, 2)}\n` : adviceText(advice, terminal))
      return exitCodes.ok
    } catch (thrown) {
      if (thrown instanceof Interrupted) return exitCodes.interrupted
      throw thrown
    }
  },
})

function rate(): Option<number> {
  return {
    value: 'N',
    help: 'Alarms a day that people can take, of all keys together.',
    fallback: 1,
    shown: '1',
    many: false,
    read: (given) => {
      const number = Number(given.at(-1))
      if (Number.isFinite(number) && number > 0) return number
      throw new OptionFault('that is no number above 0', 'Write a number such as 1 or 0.5.')
    },
  }
}
