import type { AnyNodeSpec } from '../engine/node.ts'
import alarm from './alarm.ts'
import batch from './batch.ts'
import comment from './comment.ts'
import counter from './counter.ts'
import debounce from './debounce.ts'
import debug from './debug.ts'
import delay from './delay.ts'
import errorNode from './error.ts'
import filter from './filter.ts'
import httpIn from './http-in.ts'
import httpOut from './http-out.ts'
import inject from './inject.ts'
import latest from './latest.ts'
import linkIn from './link-in.ts'
import linkOut from './link-out.ts'
import mqttIn from './mqtt-in.ts'
import mqttOut from './mqtt-out.ts'
import noData from './no-data.ts'
import onChange from './on-change.ts'
import query from './query.ts'
import rateLimit from './rate-limit.ts'
import schedule from './schedule.ts'
import split from './split.ts'
import state from './state.ts'
import status from './status.ts'
import store from './store.ts'
import switchNode from './switch.ts'
import template from './template.ts'
import transform from './transform.ts'
import window from './window.ts'

const specs: readonly AnyNodeSpec[] = [
  mqttIn,
  httpIn,
  inject,
  linkIn,
  filter,
  switchNode,
  transform,
  split,
  template,
  schedule,
  latest,
  state,
  window,
  batch,
  counter,
  onChange,
  debounce,
  rateLimit,
  delay,
  alarm,
  noData,
  query,
  mqttOut,
  store,
  httpOut,
  linkOut,
  debug,
  errorNode,
  status,
  comment,
]

/** All node types by name, in the order of the palette. */
export const nodeSpecs: ReadonlyMap<string, AnyNodeSpec> = new Map(specs.map((spec) => [spec.type, spec]))
