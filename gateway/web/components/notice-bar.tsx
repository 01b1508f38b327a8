// What just happened, in a sentence.
//
// Owns: showing it and reading it aloud once.
// Leaves to others: the sentence (api/sentences.ts, stores/show-desk.ts).

import type { Notice } from '../stores/desk-state.ts'

const SIGNS: Readonly<Record<Notice['tone'], string>> = { info: 'i', good: '✓', bad: '!' }

export function NoticeBar(props: { notice: Notice | undefined; onClose: () => void }) {
  const { notice, onClose } = props
  // The region stays in the page: one that appears with its text is not read by every reader.
  return (
    <div class="notice-place" role="status" aria-live="polite">
      {notice === undefined ? null : (
        <div class={`notice notice-${notice.tone}`} key={notice.id}>
          <span class="notice-sign" aria-hidden="true">
            {SIGNS[notice.tone]}
          </span>
          <p>{notice.text}</p>
          <button type="button" class="plain-button" aria-label="Close message" onClick={onClose}>
            ×
          </button>
        </div>
      )}
    </div>
  )
}
