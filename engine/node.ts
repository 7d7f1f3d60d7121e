/** Everything that a node type may use. `nodes/` imports this file and nothing else of the engine. */
export { z } from 'zod'
export { RulewireError, rulewireError, suggestion } from './errors.ts'
export type { AlarmCapability, AlarmEntry, AlarmInput, AlarmReason, AlarmView, Command } from './spec/alarm.ts'
export type {
  DueTimer,
  Effect,
  EffectResult,
  Handlers,
  NodeContext,
  NodeState,
  SqlValue,
  Tables,
  Timers,
} from './spec/context.ts'
export { type Decoding, decodePayload, isDeeperThan, maxJsonDepth } from './spec/decode.ts'
export type { Bound, Evaluate, SecretReference } from './spec/fields.ts'
export {
  duration,
  Expression,
  expression,
  parseDuration,
  secretReference,
  textOrSecret,
  topicFilter,
} from './spec/fields.ts'
export { type AnswerEffect, type Hook, type HookMethod, type HookRequest, hookPathFault } from './spec/hook.ts'
export type { Json, Message, Packet } from './spec/message.ts'
export { derive, withPayload } from './spec/message.ts'
export { queryReach } from './spec/query.ts'
export type {
  AnyHandlers,
  AnyNodeSpec,
  Example,
  ExampleStep,
  Inference,
  NodeSpec,
  Port,
  Ports,
  Subscription,
} from './spec/spec.ts'
export { defineNode, port } from './spec/spec.ts'
export { type StatusChange, type StatusKind, type StatusReport, statusKinds } from './spec/status.ts'
export { type CompiledFilter, compileFilter, compileTemplate, type TopicTemplate } from './spec/topics.ts'
export { describeValue, readTime } from './spec/values.ts'
export {
  ANY,
  arrayOf,
  BOOLEAN,
  BYTES,
  closedObject,
  fieldType,
  fromJsonSchema,
  MISSING,
  messageType,
  NULL,
  NUMBER,
  numberOf,
  openObject,
  STRING,
  stringOf,
  TIME,
  type Type,
  union,
  withField,
  without,
} from './types/index.ts'
