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

/**
 * The first sunrise or sunset after a time, UTC milliseconds, within a minute or two up to the polar circles. Undefined when the
 * sun does neither for over a year.
 */
export function nextSunEvent(event: SunEvent, after: number, place: Place): number | undefined {
  const first = Math.floor((after - epoch) / day) - 1
  for (let index = 0; index < 400; index++) {
    const at = sunTime(event, first + index, place)
    if (at !== undefined && at > after) return at
  }
  return undefined
}

/**
 * The sunrise before, or the sunset after the noon of a day that is counted from 2000-01-01. By the sunrise equation with the low
 * precision position of the sun (J. Meeus, Astronomical Algorithms, chapters 15 and 25); the sun is up when its upper
 * rim is, with the usual refraction of the air: 0.833 degrees below the horizon.
 */
function sunTime(event: SunEvent, dayIndex: number, { latitude, longitude }: Place): number | undefined {
  const meanNoon = dayIndex - longitude / 360
  let moment = meanNoon
  // The sun moves on meanwhile, so its place is taken where the time before said.
  for (let round = 0; round < 3; round++) {
    const { declinationSine, equation } = sunAt(moment)
    const declinationCosine = Math.sqrt(1 - declinationSine ** 2)
    const hourCosine = (sine(-0.833) - sine(latitude) * declinationSine) / (cosine(latitude) * declinationCosine)
    if (!(Math.abs(hourCosine) <= 1)) return undefined
    const halfDay = Math.acos(hourCosine) / (2 * Math.PI)
    moment = meanNoon + equation + (event === 'sunrise' ? -halfDay : halfDay)
  }
  return Math.round(epoch + moment * day)
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
