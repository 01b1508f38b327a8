// One request and its answer: the response is written once, corked, and never after it was aborted.
//
// Owns: the state of the response, its headers, the request's id and time.
// Leaves to others: what happens in between (server.ts).

import { randomBytes } from 'node:crypto'
import type { Head } from './head.ts'
import type { Problem } from './problems.ts'
import { type Answer, answerOfProblem, type Header, write } from './reply.ts'
import type { HttpResponse } from './uws.ts'

const bootPart = randomBytes(5).toString('hex')
let counter = 0

export class Exchange {
  readonly head: Head
  readonly address: string
  readonly requestId: string
  readonly startedAt = performance.now()
  /** the name of its route, once known */
  route = 'none'
  #status = 0
  #res: HttpResponse
  #headers: Header[] = []
  #isOpen = true
  #onEnd: () => void = () => undefined

  constructor(res: HttpResponse, head: Head, address: string) {
    this.#res = res
    this.head = head
    this.address = address
    counter += 1
    this.requestId = `${bootPart}-${counter.toString(36)}`
    res.onAborted(() => this.#close())
  }

  /** 0 until it was answered. */
  get status(): number {
    return this.#status
  }

  /** false once it was answered or the client went away. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Called once when the exchange is over, however it ends. */
  whenOver(callback: () => void): void {
    this.#onEnd = callback
  }

  addHeaders(headers: readonly Header[]): void {
    this.#headers.push(...headers)
  }

  answer(answer: Answer, isLast = false): void {
    if (!this.#isOpen) return
    const isHead = this.head.method === 'HEAD'
    const { requestId } = this
    this.#status = answer.status
    write({ res: this.#res, isHead, isLast, requestId, headers: this.#headers }, answer)
    this.#close()
  }

  refuse(problem: Problem, headers: readonly Header[] = [], isLast = false): void {
    this.answer(answerOfProblem(problem, this.requestId, headers), isLast)
  }

  #close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#onEnd()
  }
}
