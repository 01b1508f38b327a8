import assert from 'node:assert/strict'
import test from 'node:test'
import { together } from '../../gateway/cluster/gathered-metrics.ts'

const ABOUT = '# HELP usher_sockets open WebSockets\n# TYPE usher_sockets gauge\n'

test('GM1 a family stands once, each sample with its node; who said nothing is left out', () => {
  const text = together([
    { node: 'a', text: `${ABOUT}usher_sockets 3\n` },
    { node: 'b', text: '' },
    { node: 'c', text: `${ABOUT}usher_sockets{kind="x"} 4\n` },
  ])
  assert.equal(text, `${ABOUT}usher_sockets{node="a"} 3\nusher_sockets{node="c",kind="x"} 4\n`)
})
