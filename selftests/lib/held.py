#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Hold packets in a netfilter queue until there are enough, then let them go.

usage: held.py QUEUE COUNT

Prints "bound" when the queue is there and "released" when the packets have gone
on, in the order in which they came.
"""

import socket
import struct
import sys

NFNETLINK = 12
PACKET, VERDICT, CONFIG = 0x300, 0x301, 0x302
REQUEST, ACK = 1, 4
HEADER = 16 + 4     # of netlink and of nfnetlink


def message(kind, flags, queue, attribute, data):
    """A message with one attribute."""
    body = struct.pack("=BBH", 0, 0, socket.htons(queue))
    body += struct.pack("=HH", 4 + len(data), attribute) + data
    body += bytes(-len(body) % 4)
    return struct.pack("=IHHII", 16 + len(body), kind, flags, 1, 0) + body


def configure(sock, queue, attribute, data):
    """Send it and wait for the answer."""
    sock.send(message(CONFIG, REQUEST | ACK, queue, attribute, data))
    error = struct.unpack_from("=i", sock.recv(4096), 16)[0]
    if error:
        raise OSError(-error, "nfnetlink_queue")


def packet_ids(data):
    """The numbers of the packets in what was received."""
    while data:
        size, kind = struct.unpack_from("=IH", data)
        at = HEADER
        while kind == PACKET and at < size:
            length, attribute = struct.unpack_from("=HH", data, at)
            if attribute == 1:
                yield struct.unpack_from("!I", data, at + 4)[0]
            at += (length + 3) & ~3
        data = data[(size + 3) & ~3:]


def main():
    """See above."""
    queue, count = int(sys.argv[1]), int(sys.argv[2])
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NFNETLINK)
    sock.bind((0, 0))
    configure(sock, queue, 1, struct.pack("!BBH", 1, 0, 0))
    configure(sock, queue, 2, struct.pack("!IB", 0, 1))     # no contents
    print("bound", flush=True)
    held = []
    while len(held) < count:
        held += packet_ids(sock.recv(1 << 16))
    for number in held:
        sock.send(message(VERDICT, REQUEST, queue, 2,
                          struct.pack("!II", 1, number)))
    print("released", flush=True)


main()
