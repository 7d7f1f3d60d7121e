/** Whether a text can be the name of a user. Names are lower case, so that two of them never look the same. */
export function isUserName(text: string): boolean {
  return /^[a-z0-9][a-z0-9._-]{0,31}$/.test(text)
}
