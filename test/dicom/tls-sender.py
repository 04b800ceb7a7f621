"""Verifies and stores with TLS: PORT FILE CA [CERTIFICATE KEY]."""

import ssl
import sys

from pydicom import dcmread
from pynetdicom import AE
from pynetdicom.sop_class import Verification

port, path, ca, *own = sys.argv[1:]
context = ssl.create_default_context(cafile=ca)
if own:
    context.load_cert_chain(*own)
versions = []


class Socket(ssl.SSLSocket):
    def do_handshake(self, block=False):
        super().do_handshake(block)
        versions.append(self.version())


context.sslsocket_class = Socket
dataset = dcmread(path)
ae = AE(ae_title="CT1")
ae.add_requested_context(Verification)
ae.add_requested_context(dataset.SOPClassUID, dataset.file_meta.TransferSyntaxUID)
association = ae.associate("127.0.0.1", int(port), ae_title="GANTRY", tls_args=(context, "localhost"))
if not association.is_established:
    sys.exit("no association")
echo = association.send_c_echo().Status
store = association.send_c_store(dataset).Status
association.release()
print(f"echo 0x{echo:04x} store 0x{store:04x} {versions[0]}")
