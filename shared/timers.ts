// The timers of this machine; what a simulation drives gets its Timers handed in.
//
// Neither keeps a process alive: its connections do.

export interface Timers {
  /** Again and again; returns how to end it. */
  every(ms: number, run: () => void): () => void
  /** Once; returns how to call it off. */
  after(ms: number, run: () => void): () => void
}

export const systemTimers: Timers = Object.freeze({
  every: (ms: number, run: () => void) => {
    const timer = setInterval(run, ms).unref()
    return () => clearInterval(timer)
  },
  after: (ms: number, run: () => void) => {
    const timer = setTimeout(run, ms).unref()
    return () => clearTimeout(timer)
  },
})
