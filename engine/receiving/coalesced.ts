/** Does something soon after it is asked for, once for all that ask until then. */
export function coalesced(act: () => void, afterMs: number): () => void {
  let due = false;
  return () => {
    if (due) return;
    due = true;
    setTimeout(() => {
      due = false;
      act();
    }, afterMs);
  };
}
