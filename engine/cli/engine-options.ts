import { text, url } from './option.ts'

/** Options of every command that talks to a running engine: spread them into its table, and give its values to `askEngine`. */
export const engineOptions = {
  url: url({
    variable: 'RULEWIRE_URL',
    fallback: 'http://127.0.0.1:1870',
    schemes: ['http', 'https'],
    example: 'http://127.0.0.1:1870',
    help: 'The running engine.',
  }),
  token: text({
    value: 'TOKEN',
    variable: 'RULEWIRE_TOKEN',
    fallback: undefined,
    help: 'API token, where a login is needed; better in the variable, because others see arguments.',
  }),
}
