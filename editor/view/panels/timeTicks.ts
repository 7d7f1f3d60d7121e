const minute = 60
const day = 86_400

/**
 * Words for the marks of a time axis, in the language of the browser as everywhere else in the editor: the time, and below
 * it the date where one begins. @param marks seconds since 1970 @param step seconds between two of them
 */
export function timeTicks(marks: readonly number[], step: number): string[] {
  const words = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat([], options)
  const date = words({ day: 'numeric', month: 'short' })
  const time = words({ hour: '2-digit', minute: '2-digit', ...(step < minute ? { second: '2-digit' } : {}) })
  let before = ''
  return marks.map((mark) => {
    const at = new Date(mark * 1000)
    const today = date.format(at)
    const begins = today !== before
    before = today
    if (step >= day) return today
    return begins ? `${time.format(at)}\n${today}` : time.format(at)
  })
}
