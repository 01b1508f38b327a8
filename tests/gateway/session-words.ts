// Small words that the tests of sessions share.

import type { FakeSocket } from './fake-socket.ts'
import { LiveStage, SHOW_ID, type StageOptions } from './live-stage.ts'

export type Json = Record<string, unknown>

export function staged(t: { after(run: () => void): void }, options: StageOptions = {}): LiveStage {
  const stage = new LiveStage(options)
  t.after(() => stage.stop())
  return stage
}

export const codeOf = (answer: Json | undefined): unknown => (answer?.err as Json | undefined)?.code
export const soon = () => new Promise(resolve => setImmediate(resolve))

export async function holder(stage: LiveStage, name = 'ann'): Promise<FakeSocket> {
  await stage.warm()
  return stage.greet(name)
}

export const holdOf = (id: number, seats: readonly number[], key = `key-${id}`) => ({
  id,
  op: 'hold',
  showId: SHOW_ID,
  key,
  seats,
})

export function sayAndDecide(stage: LiveStage, socket: FakeSocket, id: number): void {
  stage.say(socket, holdOf(id, [id]))
  stage.desk.turn()
}
