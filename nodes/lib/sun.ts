/** A place on the earth, degrees; north and east are positive. */
export interface Place {
  readonly latitude: number
  readonly longitude: number
}

/** Rise or set of the sun. */
export type SunEvent = 'sunrise' | 'sunset'

const day = 86_400_000
/** 2000-01-01 12:00 UTC, from which astronomers count days. */
const epoch = Date.UTC(2000, 0, 1, 12)
/** Days: a second. */
const precision = 1 / 86_400

/**
 * The first sunrise or sunset after a time, UTC milliseconds, within a minute or two up to the polar circles. They take turns
 * everywhere, also where months lie between them. Undefined when the sun does neither for over a year.
 */
export function nextSunEvent(event: SunEvent, after: number, place: Place): number | undefined {
  // Half days, from noon to midnight and from midnight to noon.
  let half = 2 * Math.floor((after - epoch) / day) - 2
  let from = culmination(half, place)
  for (const end = half + 800; half < end; half++) {
    const to = culmination(half + 1, place)
    const [before, then] = [isUp(from, place), isUp(to, place)]
    if (before !== then && then === (event === 'sunrise')) {
      const at = Math.round(epoch + crossing(from, to, place) * day)
      if (at > after) return at
    }
    from = to
  }
  return undefined
}

/** When the sun crosses the horizon between two moments, days after the epoch: it is up at one of them and not at the other. */
function crossing(from: number, to: number, place: Place): number {
  const rises = isUp(to, place)
  let [before, after] = [from, to]
  while (after - before > precision) {
    const middle = (before + after) / 2
    if (isUp(middle, place) === rises) after = middle
    else before = middle
  }
  return after
}

/** When the sun stands highest, at even half days, or lowest; days after the epoch. One midnight counts for sunset and sunrise. */
function culmination(half: number, { longitude }: Place): number {
  const mean = half / 2 - longitude / 360
  return mean + sunAt(mean).equation
}

/**
 * Whether the sun is up `moment` days after the epoch, by its low precision position (J. Meeus, Astronomical Algorithms, chapters
 * 13, 15 and 25): its upper rim is, with the usual refraction of the air, from 0.833 degrees below the horizon on.
 */
function isUp(moment: number, { latitude, longitude }: Place): boolean {
  const { declinationSine, equation } = sunAt(moment)
  const declinationCosine = Math.sqrt(1 - declinationSine ** 2)
  const hourCosine = cosine(360 * (moment + longitude / 360 - equation))
  return sine(latitude) * declinationSine + cosine(latitude) * declinationCosine * hourCosine >= sine(-0.833)
}

/** Where the sun stands, `moment` days after the epoch; `equation` is how many days noon is after mean noon. */
function sunAt(moment: number): { declinationSine: number; equation: number } {
  const anomaly = 357.5291 + 0.98560028 * moment
  const center = 1.9148 * sine(anomaly) + 0.02 * sine(2 * anomaly) + 0.0003 * sine(3 * anomaly)
  const longitude = anomaly + center + 180 + 102.9372
  return {
    declinationSine: sine(longitude) * sine(23.4397),
    equation: 0.0053 * sine(anomaly) - 0.0069 * sine(2 * longitude),
  }
}

function sine(degrees: number): number {
  return Math.sin((degrees * Math.PI) / 180)
}

function cosine(degrees: number): number {
  return Math.cos((degrees * Math.PI) / 180)
}
