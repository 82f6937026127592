#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Send the pages of a file without copying them, in every way there is.

  splice.py send NS1 SRC NS2 DST FILE      all ways to send, received at DST
  splice.py record NS PORT COUNT DIRECTORY datagrams to a port, one file each
  splice.py replay NS SRC SPORT DST DPORT FILE...
                                           each file spliced into one datagram

"send" prints one line for each way: its name and "ok" or what went wrong. What
arrives is compared with what the file was before.
"""

import ctypes
import errno
import mmap
import os
import select
import socket
import sys
import threading

LIBC = ctypes.CDLL(None, use_errno=True)
SO_ZEROCOPY, MSG_ZEROCOPY = 60, 0x4000000
CHUNK = 1200                # of a datagram
DATAGRAMS = 40


class Iovec(ctypes.Structure):
    """struct iovec"""

    _fields_ = [("base", ctypes.c_void_p), ("len", ctypes.c_size_t)]


def enter(name):
    """Make the next sockets in this namespace."""
    fd = os.open("/run/netns/" + name, os.O_RDONLY)
    if LIBC.setns(fd, 0x40000000):
        raise OSError(ctypes.get_errno(), "setns " + name)
    os.close(fd)


def make(name, addr, port, kind):
    """A bound socket."""
    enter(name)
    family = socket.AF_INET6 if ":" in addr else socket.AF_INET
    sock = socket.socket(family, kind)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((addr, port))
    return sock


def vmsplice(fd, view, offset, length):
    """Pages of memory, here those of a mapped file, into a pipe."""
    base = ctypes.addressof(ctypes.c_char.from_buffer(view)) + offset
    vec = Iovec(base, length)
    done = LIBC.vmsplice(fd, ctypes.byref(vec), 1, 0)
    if done < 0:
        raise OSError(ctypes.get_errno(), "vmsplice")
    return done


class File:
    """The file, and what it has to be."""

    def __init__(self, path):
        self.fd = os.open(path, os.O_RDWR)
        self.size = os.fstat(self.fd).st_size
        self.want = os.pread(self.fd, self.size, 0)
        self.map = mmap.mmap(self.fd, self.size, mmap.MAP_SHARED)

    def sendfile(self, sock, offset, length):
        """sendfile(2)"""
        return os.sendfile(sock.fileno(), self.fd, offset, length)

    def splice(self, sock, offset, length):
        """File, pipe, socket."""
        read, write = os.pipe()
        try:
            length = os.splice(self.fd, write, min(length, 65536), offset_src=offset)
            left = length
            while left:
                left -= os.splice(read, sock.fileno(), left)
            return length
        finally:
            os.close(read)
            os.close(write)

    def vmsplice(self, sock, offset, length):
        """Mapped pages, pipe, socket."""
        read, write = os.pipe()
        try:
            length = vmsplice(write, self.map, offset, min(length, 61440))
            left = length
            while left:
                left -= os.splice(read, sock.fileno(), left)
            return length
        finally:
            os.close(read)
            os.close(write)

    def zerocopy(self, sock, offset, length):
        """MSG_ZEROCOPY of mapped pages."""
        sock.setsockopt(socket.SOL_SOCKET, SO_ZEROCOPY, 1)
        view = memoryview(self.map)[offset:offset + length]
        while True:
            try:
                return sock.send(view, MSG_ZEROCOPY)
            except OSError as exc:
                if exc.errno != errno.ENOBUFS:      # notices have to be read
                    raise
                self.notices(sock)

    @staticmethod
    def notices(sock):
        """Read the error queue empty."""
        select.select([], [], [sock], 0.05)
        try:
            while True:
                sock.recvmsg(1, 512, socket.MSG_ERRQUEUE | socket.MSG_DONTWAIT)
        except OSError:
            pass


WAYS = ("sendfile", "splice", "vmsplice", "zerocopy")


def tcp(file, way, args):
    """The whole file in one connection."""
    name1, src, name2, dst = args
    listener = make(name2, dst, 0, socket.SOCK_STREAM)
    listener.listen(1)
    one = make(name1, src, 0, socket.SOCK_STREAM)
    one.settimeout(20)
    one.connect(listener.getsockname()[:2])
    one.settimeout(None)
    two, _ = listener.accept()
    two.settimeout(20)
    got = bytearray()

    def receive():
        try:
            while len(got) < file.size:
                data = two.recv(1 << 18)
                if not data:
                    return
                got.extend(data)
        except OSError:
            pass

    reader = threading.Thread(target=receive)
    reader.start()
    offset = 0
    while offset < file.size:
        offset += getattr(file, way)(one, offset, file.size - offset)
    reader.join()
    for sock in (one, two, listener):
        sock.close()
    if got != file.want:
        return "%d octets came, %s" % (len(got), "others" if len(got) == file.size else "too few")
    return "ok"


def udp(file, way, args):
    """Pieces of the file, one datagram each."""
    name1, src, name2, dst = args
    two = make(name2, dst, 0, socket.SOCK_DGRAM)
    two.settimeout(10)
    one = make(name1, src, 0, socket.SOCK_DGRAM)
    one.connect(two.getsockname()[:2])
    for number in range(DATAGRAMS):
        offset = number * 4099 % (file.size - CHUNK)
        if way == "vmsplice":                   # one page to a buffer
            offset -= offset % 4096
        if getattr(file, way)(one, offset, CHUNK) != CHUNK:
            return "short datagram"
        if two.recv(65536) != file.want[offset:offset + CHUNK]:
            return "datagram %d came as another" % number
    one.close()
    two.close()
    return "ok"


def send(args):
    """All protocols and ways."""
    file = File(args[4])
    for proto in (tcp, udp):
        for way in WAYS:
            try:
                result = proto(file, way, args[:4])
            except OSError as exc:
                result = str(exc)
            if os.pread(file.fd, file.size, 0) != file.want:
                result += ", and the file has changed"
            print(proto.__name__, way, result, flush=True)


def record(args):
    """Keep datagrams."""
    sock = make(args[0], "0.0.0.0", int(args[1]), socket.SOCK_DGRAM)
    sock.settimeout(20)
    print("ready", flush=True)
    for number in range(int(args[2])):
        data = sock.recv(65536)
        with open("%s/%03d" % (args[3], number), "wb") as out:
            out.write(data)


def replay(args):
    """Datagrams whose payload is the page cache of a file."""
    sock = make(args[0], args[1], int(args[2]), socket.SOCK_DGRAM)
    sock.connect((args[3], int(args[4])))
    for path in args[5:]:
        file = File(path)
        file.splice(sock, 0, file.size)


{"send": send, "record": record, "replay": replay}[sys.argv[1]](sys.argv[2:])
