import { arrayOf, closedObject, FUNCTION, MISSING, NUMBER, STRING, type Type, union } from '../../types/index.ts'

/** What a regular expression gives when it is called with a text: a match, or nothing. */
export const matchType: Type = union(
  MISSING,
  closedObject({ match: STRING, start: NUMBER, end: NUMBER, groups: arrayOf(STRING), next: FUNCTION }),
)

/** One item of what `$match` gives. A group that took no part is left out of a JSON array, so groups are strings. */
export const foundType: Type = closedObject({ match: STRING, index: NUMBER, groups: arrayOf(STRING) })
