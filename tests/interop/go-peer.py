"""Starts the Go program from the Python package `linksocks`, with that package's own command line.

In 1.10.1 the command `server` fails before it starts ("'_FFIServerOption' object has no attribute
'WithDirectEnable'"): the command line sets four options which the binding does not know, though the Go code beneath
reads them. This file adds the four setters where they are missing and changes nothing else.
"""

from linksocks import _base
from linksocks._cli import cli


def setter(key):
    def set_option(self, value):
        self._cfg[key] = value

    return set_option


for name, key in (
    ("WithDirectEnable", "direct_enable"),
    ("WithDirectRendezvousUDP", "direct_rendezvous_udp"),
    ("WithDirectRendezvousHost", "direct_rendezvous_host"),
    ("WithDirectRendezvousPort", "direct_rendezvous_port"),
):
    if not hasattr(_base._FFIServerOption, name):
        setattr(_base._FFIServerOption, name, setter(key))

if __name__ == "__main__":
    cli()
