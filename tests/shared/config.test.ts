import assert from 'node:assert/strict'
import test from 'node:test'
import { publicConfigOf, readConfig } from '../../shared/config.ts'
import { Fault } from '../../shared/faults.ts'
import { exitCodeOf } from '../../shared/service.ts'

function problemsOf(environment: Record<string, string>): string {
  try {
    readConfig(environment)
  } catch (error) {
    assert.ok(error instanceof Fault)
    assert.equal(exitCodeOf(error), 78)
    return error.message
  }
  assert.fail('the configuration was accepted')
}

test('defaults need no variable at all', () => {
  const config = readConfig({})
  assert.equal(config.port, 8080)
  assert.equal(config.opsPort, 9400)
  assert.equal(config.rateLimits, 'on')
  assert.equal(config.databaseUrl, undefined)
})

test('C1 all problems are reported together, each in a sentence', () => {
  const problems = problemsOf({
    USHER_PORT: 'eighty',
    USHER_OPS_PORT: '70000',
    USHER_RATE_LIMITS: 'maybe',
    DATABASE_URL: 'mysql://here',
    USHER_ADMIN_TOKEN: 'short',
    USHER_ORIGINS: 'https://a.example/path',
  })
  assert.equal(problems.split('\n').length, 6, problems)
  for (const name of [
    'USHER_PORT',
    'USHER_OPS_PORT',
    'USHER_RATE_LIMITS',
    'DATABASE_URL',
    'USHER_ADMIN_TOKEN',
    'USHER_ORIGINS',
  ]) {
    assert.ok(problems.includes(name), name)
  }
})

test('C2 an unknown setting of ours is a problem', () => {
  assert.match(problemsOf({ USHER_PROT: '1' }), /USHER_PROT is not a setting/)
})

test('limits may be lowered on loopback only', () => {
  assert.equal(readConfig({ USHER_RATE_LIMITS: 'off' }).rateLimits, 'off')
  assert.match(problemsOf({ USHER_RATE_LIMITS: 'off', USHER_HOST: '0.0.0.0' }), /loopback only/)
})

test('C3 secrets do not show in the public configuration', () => {
  const config = readConfig({
    USHER_ADMIN_TOKEN: 'a-very-secret-token',
    DATABASE_URL: 'postgres://me:hidden@127.0.0.1/usher',
    SENTRY_DSN: 'https://key@sentry.example/1',
  })
  const text = JSON.stringify(publicConfigOf(config))
  for (const secret of ['a-very-secret-token', 'hidden', 'key@'])
    assert.ok(!text.includes(secret), secret)
})

test('without NATS_URL one process does everything, with it the cluster has its defaults', () => {
  assert.equal(readConfig({}).cluster, undefined)
  const urls = 'nats://10.0.0.1:4222, nats://10.0.0.2:4222'
  assert.deepEqual(readConfig({ NATS_URL: urls }).cluster, {
    natsUrls: ['nats://10.0.0.1:4222', 'nats://10.0.0.2:4222'],
    monitorUrls: ['http://10.0.0.1:8222', 'http://10.0.0.2:8222'],
    name: 'usher',
    node: undefined,
    weight: 1,
  })
})

test('C1 every setting of the cluster is checked, also when there is none', () => {
  const problems = problemsOf({
    NATS_URL: 'http://here',
    NATS_MONITOR_URL: 'here',
    REDIS_URL: 'http://here',
    USHER_CLUSTER: 'Not A Name',
    USHER_NODE: 'a.b',
    USHER_WEIGHT: '0',
  })
  assert.equal(problems.split('\n').length, 6, problems)
})

test('C3 passwords of brokers and caches do not show', () => {
  const config = readConfig({ NATS_URL: 'nats://me:hidden@h:4222', REDIS_URL: 'redis://:hush@h' })
  assert.doesNotMatch(JSON.stringify(publicConfigOf(config)), /hidden|hush/)
})
