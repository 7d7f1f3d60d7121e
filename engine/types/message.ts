import { ANY, BOOLEAN, closedObject, numberOf, type ObjectType, openObject, STRING, TIME, type Type } from './type.ts'

/** What a port knows of its messages beyond what every message has. */
export interface MessageParts {
  /** Default: any. */
  readonly payload?: Type
  /** Names in the topic pattern: `fridges/{fridge}/climate` gives `fridge`. */
  readonly params?: readonly string[]
  /** Exact topics, if the port knows them. */
  readonly topic?: Type
  /** Further fields that nodes before it set. */
  readonly fields?: Readonly<Record<string, Type>>
}

/** The type of a message: what each one has, with this payload and these parameters. Further fields may come. */
export function messageType(parts: MessageParts = {}): ObjectType {
  const params = Object.fromEntries((parts.params ?? []).map((name) => [name, STRING]))
  return openObject({
    topic: parts.topic ?? STRING,
    payload: parts.payload ?? ANY,
    time: TIME,
    received: TIME,
    params: closedObject(params),
    retain: BOOLEAN,
    qos: numberOf(0, 1, 2),
    props: openObject({}, STRING),
    key: STRING,
    id: STRING,
    ...parts.fields,
  })
}
