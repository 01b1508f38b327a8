// The replies of one turn, sent together: one cork and one write per socket (G6).
//
// Owns: which sockets have something to send. Leaves to others: sending it (session.ts).
//
//   G6. A turn ends when the shard's replies have all been handed over, or when the loop has taken in
//       what had arrived: nothing waits for a timer, and the next batch goes to the journal first.

export interface Sender {
  flush(): void
}

export class Turn {
  #senders: Sender[] = []
  #spare: Sender[] = []
  readonly #flushLater = () => this.flush()

  /** Called when a sender's first message waits. */
  add(sender: Sender): void {
    if (this.#senders.length === 0) setImmediate(this.#flushLater)
    this.#senders.push(sender)
  }

  flush(): void {
    const senders = this.#senders
    if (senders.length === 0) return
    this.#senders = this.#spare
    this.#spare = [] // a sender may start another turn
    for (const sender of senders) sender.flush()
    senders.length = 0
    this.#spare = senders
  }
}
