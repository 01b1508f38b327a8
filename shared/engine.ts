// How V8 compiles this process, set before anything hot is loaded.
//
// The core is many small functions: V8's default budget inlines only the outer ones of a command's
// way, and calls and allocates for the rest. `bench -- core` reads 1.4 to 2 times more with it.

import { setFlagsFromString } from 'node:v8'

const FLAGS = [
  '--max-inlined-bytecode-size=900',
  '--max-inlined-bytecode-size-cumulative=3000',
  '--reserve-inline-budget-scale-factor=2',
]

for (const flag of FLAGS) setFlagsFromString(flag)
