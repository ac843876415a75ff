/**
 * The closed list of reasons (law 9). Every decision the engine records carries one of these, and the
 * documentation's table is generated from here.
 */
export const reasonTable = {
  // how a view was refreshed
  'first-build': 'the view had no contents yet',
  'no-change': 'nothing the view reads has changed',
  'clock-moved':
    'rows crossed a condition on the clock without an update, or the clock stands before the moment of the contents',
  'model-promoted':
    'no table has changed, but another version of a model answers whose predictions the view holds, or the model learns from',
  'cheaper-incremental': 'the predicted cost of the change is below that of a recompute',
  'cheaper-full': 'the predicted cost of a recompute is below that of the change',
  probe: 'a way not taken for long, or hardly known, was tried, so that its predicted cost is honest',
  'asked-incremental': 'REFRESH … INCREMENTAL, or refresh = incremental',
  'asked-full': 'REFRESH … FULL, or refresh = full',
  'forced-by-environment': 'EVERVIEW_REFRESH is set',
  'only-full': 'no incremental rule exists for the shape of this view',
  'min-max-retraction': 'rows left under a min or max',
  'float-error-budget': 'sums of floating-point numbers have spent their error budget',
  'non-finite': 'a NaN or infinity passed through a sum',
  'definition-changed': 'the definition changed after the state was built',
  'change-failed':
    'the change holds rows that the query fails for, or takes a model through more levels or classes than it may have; where they are gone since, a recompute does not see them',
  'classes-changed': 'a class of the label came, or lost its last row',
  'certificate-exceeded':
    'what is proved of the model after the change alone is further from the exact one than it may be',
  'heuristic-drift':
    'what the change alone gives has drifted further from its start than a fit in full would leave it',
  'state-rebase':
    'the sums of the model are re-based on a fresh pivot and scale, or what is read was computed anew in the same version',
  // when
  'with-the-update': 'refresh = immediate: in the transaction of the update',
  'with-the-promotion': 'refresh = immediate: in the transaction in which a model it reads was promoted',
  deadline: 'the declared staleness would be exceeded',
  'staleness-cost':
    'what stale answers have cost since the last refresh, at its staleness_price, has come to what a refresh is predicted to cost',
  read: 'a query asked for fresher contents',
  asked: 'REFRESH',
  'audit-divergence': 'an audit found that the contents were not what the definition gives',
  'labels-wanted': 'logged predictions of a model wait for labels that the training set may have',
  'needed-by-dependent': 'a view over this one is being refreshed',
  // what became of an update
  accepted: 'every row met every constraint',
  'accepted-with-warnings': 'rows that break a constraint were taken, as on_violation = warn says',
  'schema-mismatch': 'columns are missing, or go by other names',
  'value-misfit': 'a value is not of the type of its column',
  'columns-ignored':
    'every row met every constraint; columns came as well that the table does not have, and nothing was kept of them',
  'rows-quarantined': 'rows that break a constraint were set aside',
  'refresh-held':
    'an update of a table it is made of is held by on_finding = hold_refresh, and the answer is of the version before',
  'update-held': 'the update is not as usual, and waits for APPROVE UPDATE or REJECT UPDATE',
  'constraint-violated': 'rows break a constraint and on_violation is reject',
  'replayed-batch': 'the very rows of an earlier insert came again, and on_replay is reject',
  'finding-blocks': 'the update is not as usual, to a degree that blocks it, and on_finding is reject',
  'repeated-key': 'the idempotency key was seen before',
  'nothing-to-do': 'the update changes no row',
  // what became of a candidate model
  'gate-passed': 'every condition of the gate holds',
  'gate-failed': 'a condition of the gate does not hold',
  'gate-inconclusive':
    'the hold-out holds too few rows to prove the candidate no worse, or worse, than the margin; what answered stays',
  'earlier-window-worse':
    'the candidate is proven worse than the current model in a window before the hold-out',
  'slice-failed': 'a condition of the gate does not hold in a slice of the hold-out',
  'too-many-flips': 'more rows that were right are wrong now than the gate allows',
  'not-proven-worse': 'too few rows to prove anything, where only a proof speaks against the candidate',
  'no-gate': 'no gate is declared',
  'too-few-rows': 'the training set holds too few rows',
  'empty-holdout': 'no labelled row is in the hold-out, so the gate cannot judge',
  'no-current-model': 'no version answers yet, so a condition relative to it holds',
  'promoted-by-person': 'PROMOTE MODEL',
  'held-by-person': 'HOLD MODEL or ROLLBACK MODEL: what answers stays until PROMOTE MODEL',
  'rolled-back': 'ROLLBACK MODEL: an earlier version answers again',
  'incident-open':
    'the candidate learned from rows under an incident that is not resolved; PROMOTE MODEL lets it answer all the same',
  'model-dropped': 'the model was dropped, and with it what was decided about its versions',
  // how a query was answered
  fresh: 'every view read was up to date',
  'refreshed-first': 'views staler than declared were refreshed before the answer',
  compensated: 'stale contents and their pending change were read together; nothing was refreshed',
  recomputed: 'a view was read by its definition, the cheaper or the only way without a refresh',
  'served-within-bound': 'stale contents within the declared bound',
  'served-stale':
    'stale contents beyond the bound, as on_stale_read = serve says, or because a refresh could not bring a fresher version',
  historical: 'AT (VERSION) or AT (TIMESTAMP), or a table beside contents that are older than it is',
  refused:
    'the object is staler than it may be and on_stale_read is fail, or no version of the model may answer',
  // why a refresh waits (EXPLAIN REFRESH)
  'cost-below-refresh':
    'what stale answers have cost since the last refresh has not come to what a refresh is predicted to cost',
  'no-price': 'no staleness_price above 0 is declared, so nothing but the declared bound calls for it',
  'waits-for-reader': 'it is refreshed with what reads it, or by a query',
  // what speaks against a way to read (EXPLAIN SELECT)
  dearer: 'another way is predicted to cost less',
  'beyond-bound': 'the contents are staler than they may be',
  'other-version': 'the contents fit no version that everything else that is read fits as well',
  'other-policy': 'on_stale_read, of the object or of the query, says otherwise',
  'manual-refresh': 'refresh = manual: it moves only when asked',
  'update-open': 'an update is open, and nothing is refreshed until it ends',
  'not-compensable':
    'the pending change cannot be read along: the shape has no rule, its one group must be computed anew, or a view beneath it is not up to date',
} as const;

export type Reason = keyof typeof reasonTable;
