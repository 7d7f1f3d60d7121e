import {
  arrayOf,
  closedObject,
  FUNCTION,
  MISSING,
  NUMBER,
  optional,
  STRING,
  type Type,
  union,
} from '../../types/index.ts'

/** What a regular expression gives when it is called with a text: a match, or nothing. */
export function matchType(source: string): Type {
  const found = { match: STRING, start: NUMBER, end: NUMBER, groups: groupsOf(source), next: FUNCTION }
  return union(MISSING, closedObject(found))
}

/** One item of what `$match` gives. */
export function foundType(source: string): Type {
  return closedObject({ match: STRING, index: NUMBER, groups: groupsOf(source) })
}

/** A group that is optional or one of several choices may have taken no part in the match. */
function groupsOf(source: string): Type {
  return arrayOf(/\)[?*{]|\|/.test(source) ? optional(STRING) : STRING)
}
