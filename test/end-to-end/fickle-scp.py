"""A storage SCP that answers as told: PORT HOW. Prints the SOP Instance UID of each request as it comes.

busy   A700 (out of resources) to the first request for three instances of four, Success to all else
warns  B000 (coercion of data elements) to all
"""

import sys
from threading import Lock

from pynetdicom import AE, AllStoragePresentationContexts, evt

port, how = sys.argv[1:]
seen = set()
# Each association has a thread of its own.
one_at_a_time = Lock()


def answer(event):
    uid = event.request.AffectedSOPInstanceUID
    print(uid, flush=True)
    if how == "warns":
        return 0xB000
    with one_at_a_time:
        first = uid not in seen
        seen.add(uid)
        return 0xA700 if first and len(seen) % 4 != 1 else 0x0000


ae = AE(ae_title="FICKLE")
ae.supported_contexts = AllStoragePresentationContexts
ae.start_server(("127.0.0.1", int(port)), evt_handlers=[(evt.EVT_C_STORE, answer)])
