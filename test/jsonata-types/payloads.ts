import {
  ANY,
  arrayOf,
  BOOLEAN,
  closedObject,
  learnedObject,
  messageType,
  NULL,
  NUMBER,
  openObject,
  optional,
  STRING,
  stringOf,
  TIME,
  type Type,
  union,
} from '../../engine/types/index.ts'

/** Payloads as devices send them. */
const payloads = {
  climate: closedObject({ device: STRING, ts: TIME, temperature: NUMBER, humidity: NUMBER, battery: NUMBER }),
  gateway: closedObject({
    device: STRING,
    readings: arrayOf(closedObject({ sensor: STRING, temp: NUMBER, at: optional(TIME) })),
    map: openObject({}, NUMBER),
    a: closedObject({ b: closedObject({ c: NUMBER }) }),
    tags: arrayOf(STRING),
  }),
  plug: learnedObject({
    state: stringOf('ON', 'OFF'),
    power: union(NUMBER, NULL),
    energy: optional(closedObject({ today: NUMBER, total: NUMBER })),
    linkquality: NUMBER,
    locked: BOOLEAN,
  }),
  meter: openObject({ Time: STRING, ENERGY: optional(closedObject({ Power: NUMBER, Voltage: NUMBER })) }),
  unknown: ANY,
  text: STRING,
  number: NUMBER,
  list: arrayOf(NUMBER),
  mixed: union(NUMBER, STRING),
} as const satisfies Record<string, Type>

export type PayloadName = keyof typeof payloads

/** The message that brings such a payload on `site/{site}/{device}`. */
export function messageOf(payload: PayloadName): Type {
  return messageType({ payload: payloads[payload], params: ['site', 'device'] })
}
