/** A time as the browser's user writes times; a dash for none. @param time UTC milliseconds */
export function timeText(time: number | null | undefined): string {
  return time === null || time === undefined ? '–' : new Date(time).toLocaleString()
}

/** The same without the time of day. */
export function dayText(time: number): string {
  return new Date(time).toLocaleDateString()
}
