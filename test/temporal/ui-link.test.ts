import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { runUrl } from '../../engine/temporal/index.ts';

describe('a link to a run in the Web UI', () => {
  it('keeps the slashes of a Workflow Id in one part of the path', () => {
    const url = runUrl('http://127.0.0.1:8233', 'default', 'lung-ct/LUNG/1.2.3', 'run-1');
    assert.equal(url, 'http://127.0.0.1:8233/namespaces/default/workflows/lung-ct%2FLUNG%2F1.2.3/run-1/history');
  });

  it('gives back every part, whatever is in it, also below a public path of the UI', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }).map((key) => `ct/LUNG/${key}`),
        fc.uuid(),
        (workflowId, runId) => {
          const { pathname } = new URL(runUrl('https://ops.example/temporal/', 'name space', workflowId, runId));
          const parts = pathname.split('/').map(decodeURIComponent);
          assert.deepEqual(parts, ['', 'temporal', 'namespaces', 'name space', 'workflows', workflowId, runId, 'history']);
        },
      ),
    );
  });
});
