// The commands that run a cluster: one process each, or all of them on this machine.

import { type Command, InvalidArgumentError } from 'commander'

const DEGRADED = '--allow-degraded'
const DEGRADED_HELP =
  'start on a broker that may lose acknowledged writes; every health answer says so'
const PROCESSES_MAX = 64

function parseProcesses(text: string): number {
  const count = Number(text)
  if (/^[1-9][0-9]?$/.test(text) && count <= PROCESSES_MAX) return count
  throw new InvalidArgumentError(`Give a number from 1 to ${PROCESSES_MAX}.`)
}

interface Degraded {
  readonly allowDegraded?: boolean
}

export function addProcesses(usher: Command): void {
  usher
    .command('gateway')
    .description('run a gateway of a cluster (needs NATS_URL and DATABASE_URL)')
    .action(async () => (await import('../cluster/gateway-process.ts')).main())
  usher
    .command('allocator')
    .description('run an allocator of a cluster (needs NATS_URL and DATABASE_URL)')
    .option(DEGRADED, DEGRADED_HELP)
    .action(async ({ allowDegraded = false }: Degraded) =>
      (await import('../cluster/allocator-process.ts')).main({ allowDegraded }),
    )
  usher
    .command('ledger')
    .description('run a ledger of a cluster (needs NATS_URL and DATABASE_URL)')
    .action(async () => (await import('../cluster/ledger-process.ts')).main())
  usher
    .command('cluster')
    .description('run a whole cluster as processes of this machine')
    .option('--gateways <count>', 'how many', parseProcesses, 2)
    .option('--allocators <count>', 'how many', parseProcesses, 2)
    .option(DEGRADED, DEGRADED_HELP)
    .action(async (flags: Degraded & { gateways: number; allocators: number }) =>
      (await import('../cluster/local-cluster.ts')).main({ allowDegraded: false, ...flags }),
    )
}
