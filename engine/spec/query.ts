/**
 * Why a query may not run: tables of the engine hold hashes of passwords and who did what, which is not for everybody who writes flows.
 * The name of a table stands in the text as it is, however it is quoted, so all of the text is looked at. Undefined when it may.
 */
export function queryReach(sql: string): string | undefined {
  const found = /(?<![\w$\u0080-\uffff])rw_\w*/i.exec(sql)?.[0]
  return found === undefined ? undefined : `"${found}" is named as the engine's own tables are, which no query may read`
}
