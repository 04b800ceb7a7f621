"""Sends by pynetdicom: each line of standard input is a task as JSON, each of standard output tells how it went."""

import json
import socket
import ssl
import sys

from pynetdicom import AE, _config, evt
from pynetdicom.association import ServiceUser
from pynetdicom.presentation import build_context

# The file's bytes are sent as they stand, not read and written again.
_config.STORE_SEND_CHUNKED_DATASET = True
# Transfer syntaxes and SOP classes that it does not know are proposed all the same.
_config.ENFORCE_UID_CONFORMANCE = False

context_ids = []
set_as_it_numbers = ServiceUser.requested_contexts.fset


def set_with_our_ids(self, contexts):
    """It numbers presentation contexts 1, 3, 5 and so on: here they have the task's ids."""
    for context, number in zip(contexts, context_ids):
        context.context_id = number
    set_as_it_numbers(self, contexts)


ServiceUser.requested_contexts = ServiceUser.requested_contexts.setter(set_with_our_ids)


def tls_args(tls):
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=tls["authority"])
    if tls["own"] is not None:
        context.load_cert_chain(tls["own"]["certificate"], tls["own"]["key"])
    return (context, "localhost")


def without_delay(event):
    """Nagle's algorithm would hold each message back for the receiver's delayed acknowledgement."""
    event.assoc.dul.socket.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def send(task):
    context_ids[:] = task.get("contextIds", [])
    association = AE(ae_title="PYNETDICOM").associate(
        "127.0.0.1",
        task["port"],
        contexts=[build_context(c["sopClassUid"], c["transferSyntaxUid"]) for c in task["contexts"]],
        ae_title=task["calledAeTitle"],
        tls_args=tls_args(task["tls"]) if "tls" in task else None,
        evt_handlers=[(evt.EVT_CONN_OPEN, without_delay)],
    )
    answers = [f"{len(association.accepted_contexts)} contexts accepted"]
    if association.is_established:
        if task["echo"]:
            answers.append(association.send_c_echo().get("Status"))
        for path in task["paths"]:
            try:
                answers.append(association.send_c_store(path).get("Status"))
            except ValueError as error:
                # No accepted context.
                answers.append(str(error))
        association.release()
    return answers


for line in sys.stdin:
    print(json.dumps(send(json.loads(line))), flush=True)
