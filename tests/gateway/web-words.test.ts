// What the browser says: money, times, countdowns, refusals.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sentenceOf } from '../../gateway/web/api/sentences.ts'
import {
  announcementOf,
  countdownText,
  deadlineOf,
  remainingMs,
} from '../../gateway/web/lib/countdown.ts'
import {
  dateTimeText,
  dayOf,
  dayText,
  durationText,
  moneyText,
  timeText,
} from '../../gateway/web/lib/format.ts'

test('U10 day and time are those of the venue', () => {
  const instant = '2026-03-01T19:30:00.000Z'
  assert.equal(dayOf(instant, 'Asia/Kolkata'), '2026-03-02')
  assert.equal(dayOf(instant, 'America/New_York'), '2026-03-01')
  assert.equal(timeText(instant, 'Asia/Kolkata', 'en-GB'), '01:00')
  assert.equal(timeText(instant, 'America/New_York', 'en-GB'), '14:30')
  assert.deepEqual(dayText('2026-03-02', 'en-GB'), { weekday: 'Mon', date: '2 Mar' })
})

test('U10 the zone of the venue is named to those whose clocks show another time', () => {
  const own = new Intl.DateTimeFormat().resolvedOptions().timeZone
  const instant = '2026-03-01T19:30:00.000Z'
  const other = own === 'Asia/Tokyo' ? 'America/Lima' : 'Asia/Tokyo'
  assert.match(dateTimeText(instant, other, 'en-GB'), /GMT/)
  assert.doesNotMatch(dateTimeText(instant, own, 'en-GB'), /GMT|UTC/)
})

test('U10 minor units follow the currency', () => {
  assert.equal(moneyText({ amount: 1250, currency: 'GBP' }, 'en-GB'), '£12.50')
  assert.equal(moneyText({ amount: 1200, currency: 'GBP' }, 'en-GB'), '£12')
  assert.equal(moneyText({ amount: 1200, currency: 'JPY' }, 'en-GB'), 'JP¥1,200')
  assert.match(moneyText({ amount: 1500, currency: 'KWD' }, 'en-GB'), /1\.500$/)
  assert.equal(moneyText({ amount: 0, currency: 'EUR' }, 'en-GB'), '€0')
  assert.equal(durationText(142), '2 h 22 min')
})

test('U12 a countdown never promises more than remains', () => {
  assert.equal(countdownText(300_000), '5:00')
  assert.equal(countdownText(299_999), '4:59')
  assert.equal(countdownText(999), '0:00')
  assert.equal(remainingMs(deadlineOf(5_000, 100), 6_000), 0)
  assert.equal(remainingMs(deadlineOf(-5, 100), 100), 0)
})

test('U12 what remains is read aloud rarely', () => {
  const spoken = Array.from({ length: 125 }, (_, i) => announcementOf(i * 1_000)).filter(Boolean)
  assert.deepEqual(spoken, [
    '10 seconds left',
    '30 seconds left',
    '1 minute left',
    '2 minutes left',
  ])
})

test('U18 every refusal is a sentence, also one that a newer server invents', () => {
  const codes = ['seat-taken', 'sold-out', 'no-block', 'overloaded', 'internal', 'invented-later']
  for (const code of codes) {
    const text = sentenceOf({ code, detail: '', retryable: false })
    assert.match(text, /^[A-Z].*\.$/s)
    assert.doesNotMatch(text, /undefined|NaN/)
  }
  const block = sentenceOf({ code: 'no-block', detail: '', retryable: false, largest: 3 })
  assert.match(block, /is 3\./)
  const wait = sentenceOf({
    code: 'rate-limited',
    detail: '',
    retryable: true,
    retryAfterMs: 4_200,
  })
  assert.match(wait, /5 seconds/)
})
