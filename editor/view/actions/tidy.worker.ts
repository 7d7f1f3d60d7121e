import { type TidyInput, tidy } from '../../core/tidy.ts'

self.onmessage = ({ data }: MessageEvent<TidyInput>) => self.postMessage(tidy(data))
