/** How sure a finding is: `error` fails whenever it runs, `warning` may fail or never be true, `note` is worth knowing. */
export type WarningLevel = 'error' | 'warning' | 'note'

/** Something about an expression that its author should know. */
export interface Warning {
  readonly code: WarningCode
  readonly level: WarningLevel
  readonly text: string
  /** What to write instead. */
  readonly hint: string
  /** Characters from the start of the text to the end of the token, as in JSONata's own errors; 0 if it has no place. */
  readonly position: number
  /** The path that it speaks of, such as `payload.temprature`. */
  readonly path?: string
}

/** Every finding, in one table. `{name}` is filled in. */
export const warningTable = {
  UNKNOWN_FIELD: { level: 'warning', text: '{path}: no such field{suggestion}', hint: '{fields}' },
  NO_FIELDS: {
    level: 'warning',
    text: '{path}: there are no fields in {owner}, which is {found}',
    hint: 'Leave {name} out, or check the value before it.',
  },
  UNKNOWN_VARIABLE: {
    level: 'warning',
    text: '{name}: no such variable{suggestion}',
    hint: 'Bind it before with {name} := …; it has no value here.',
  },
  UNKNOWN_FUNCTION: {
    level: 'error',
    text: '{name}: no such function{suggestion}',
    hint: 'Use a built-in function or bind one with {name} := function(…){…}.',
  },
  MISSING_DOLLAR: { level: 'error', text: '{bare}(…): a function name starts with $', hint: 'Write {name}(…).' },
  NOT_A_FUNCTION: {
    level: 'error',
    text: 'This is called as a function, but it is {found}',
    hint: 'Call a function, such as $round(…).',
  },
  ARGUMENT_COUNT: { level: 'error', text: '{name} takes {wanted}, not {found}', hint: 'Write {usage}.' },
  WRONG_ARGUMENT: {
    level: 'error',
    text: 'Argument {index} of {name} is {found}; it must be {wanted}',
    hint: 'Write {usage}.',
  },
  MAYBE_WRONG_ARGUMENT: {
    level: 'warning',
    text: 'Argument {index} of {name} may be {found}; it must be {wanted}',
    hint: '{hint}',
  },
  NOT_A_NUMBER: { level: 'error', text: 'The {side} of {operator} is {found}, not a number', hint: '{hint}' },
  MAYBE_NOT_A_NUMBER: {
    level: 'warning',
    text: 'The {side} of {operator} may be {found}, not a number',
    hint: '{hint}',
  },
  MIXED_COMPARISON: { level: 'error', text: '{left} {operator} {right} cannot be compared', hint: '{hint}' },
  MAYBE_MIXED_COMPARISON: {
    level: 'warning',
    text: '{left} {operator} {right} cannot always be compared',
    hint: '{hint}',
  },
  NEVER_EQUAL: {
    level: 'warning',
    text: '{left} {operator} {right} is always {outcome}',
    hint: '{hint}',
  },
  NOT_SORTABLE: {
    level: 'error',
    text: 'The values to sort by are {found}, which have no order',
    hint: 'Sort by numbers or by strings.',
  },
  MAYBE_NOT_SORTABLE: {
    level: 'warning',
    text: 'The values to sort by may be {found}; only numbers, or only strings, have an order',
    hint: 'Convert them with $number(…) or $string(…).',
  },
  NOT_AN_OBJECT: {
    level: 'error',
    text: 'The update of a transform is {found}, not an object',
    hint: 'Write |place|{"field": value}|.',
  },
  KEY_NOT_A_STRING: {
    level: 'error',
    text: 'The key of an object is {found}, not a string',
    hint: 'Write $string(…) around it.',
  },
  DUPLICATE_KEY: { level: 'error', text: 'The key "{name}" stands here twice', hint: 'Give each key once.' },
  ONE_OR_MANY: {
    level: 'note',
    text: '{path} goes over an array: it gives nothing, one value or an array',
    hint: 'Write {path}[] for always an array, or ({path})[0] for the first value.',
  },
  TOO_LARGE: {
    level: 'note',
    text: 'The expression is too large to be typed as a whole',
    hint: 'Parts of it are taken for any value; split it over several nodes.',
  },
} as const satisfies Record<string, { level: WarningLevel; text: string; hint: string }>

export type WarningCode = keyof typeof warningTable

/** The warning with its text and hint filled in. */
export function warning(
  code: WarningCode,
  position: number | undefined,
  values: Readonly<Record<string, string>>,
): Warning {
  const { level, text, hint } = warningTable[code]
  const { path } = values
  return {
    code,
    level,
    text: fill(text, values),
    hint: fill(hint, values),
    position: position ?? 0,
    ...(path ? { path } : {}),
  }
}

function fill(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole)
}
