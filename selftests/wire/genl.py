# SPDX-License-Identifier: GPL-2.0
"""Counters and events of nfsec over generic netlink, without a process for each.

Thousands of cases look at the counters; that the tool shows the same numbers is
one case of its own.
"""

import select
import socket
import struct

NETLINK_GENERIC = 16
SOL_NETLINK, ADD_MEMBERSHIP = 270, 1
GENL_ID_CTRL, CTRL_CMD_GETFAMILY = 16, 3
CTRL_ID, CTRL_NAME, CTRL_MCAST_GROUPS = 1, 2, 7
GROUP_NAME, GROUP_ID = 1, 2
NLM_F_REQUEST, NLMSG_ERROR = 1, 2

# uapi/nfsec.h
STATS_GET, STATS_DROP, STATS_COUNTER, COUNTER_NAME, COUNTER_VALUE = 12, 2, 3, 2, 3


def attributes(data):
    """(type, value) of each attribute; the flags of the type are taken off."""
    at = 0
    while at + 4 <= len(data):
        size, kind = struct.unpack_from("=HH", data, at)
        yield kind & 0x3fff, data[at + 4:at + size]
        at += size + 3 & ~3


def attribute(kind, value):
    """One attribute with its padding."""
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


class Genl:
    """A socket that knows the family of its namespace."""

    def __init__(self, family="nfsec"):
        self.sock = self._open()
        answer = dict(attributes(self._call(GENL_ID_CTRL, CTRL_CMD_GETFAMILY,
                                            attribute(CTRL_NAME, family.encode() + b"\0"))))
        self.family, = struct.unpack("=H", answer[CTRL_ID])
        self.groups = {}
        for _, group in attributes(answer.get(CTRL_MCAST_GROUPS, b"")):
            found = dict(attributes(group))
            self.groups[found[GROUP_NAME].rstrip(b"\0").decode()], = \
                struct.unpack("=I", found[GROUP_ID])

    @staticmethod
    def _open():
        sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC)
        sock.bind((0, 0))
        return sock

    def _call(self, family, command, data=b""):
        self.sock.send(struct.pack("=IHHIIBBH", 20 + len(data), family, NLM_F_REQUEST, 1, 0,
                                   command, 1, 0) + data)
        answer = self.sock.recv(1 << 16)
        if struct.unpack_from("=H", answer, 4)[0] == NLMSG_ERROR:
            raise OSError(-struct.unpack_from("=i", answer, 16)[0], "netlink")
        return answer[20:]

    def stats(self):
        """(drops by reason, other counters)."""
        tables = {STATS_DROP: {}, STATS_COUNTER: {}}
        for kind, value in attributes(self._call(self.family, STATS_GET)):
            if kind in tables:
                found = dict(attributes(value))
                name = found[COUNTER_NAME].rstrip(b"\0").decode()
                tables[kind][name] = int.from_bytes(found[COUNTER_VALUE], "little")
        return tables[STATS_DROP], tables[STATS_COUNTER]

    def subscribe(self, group):
        """A socket that receives the events of a group."""
        sock = self._open()
        sock.setsockopt(SOL_NETLINK, ADD_MEMBERSHIP, self.groups[group])
        return sock

    def close(self):
        """Let go of the namespace."""
        self.sock.close()


def event(sock, patience):
    """(command, {attribute: value}) of the next event, or None."""
    if not select.select([sock], [], [], patience)[0]:
        return None
    data = sock.recv(1 << 16)
    return data[16], dict(attributes(data[20:]))
