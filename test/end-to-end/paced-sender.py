"""Sends a folder's files over one association at an even pace: HOST PORT CALLED_AE FOLDER SECONDS. Prints how many were answered with Success."""

import socket
import sys
import time
from pathlib import Path

from pydicom import dcmread
from pynetdicom import AE

host, port, called, folder, seconds = sys.argv[1:]
files = sorted(Path(folder).glob("*.dcm"))
first = dcmread(files[0], stop_before_pixels=True)
ae = AE(ae_title="MODALITY")
ae.add_requested_context(first.SOPClassUID, first.file_meta.TransferSyntaxUID)
association = ae.associate(host, int(port), ae_title=called)
assert association.is_established, "no association"
# pynetdicom writes a request in several small pieces: Nagle's algorithm would hold each back for the acknowledgement of the one before.
association.dul.socket.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
begun = time.monotonic()
stored = 0
for number, file in enumerate(files):
    time.sleep(max(0, begun + number * float(seconds) / len(files) - time.monotonic()))
    # The peer may have ended the association meanwhile; an answer that never came has no status.
    if not association.is_established:
        break
    try:
        stored += getattr(association.send_c_store(file), "Status", None) == 0
    except RuntimeError:
        # It ended between the question and the request.
        break
if association.is_established:
    association.release()
print(stored)
