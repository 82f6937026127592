# SPDX-License-Identifier: GPL-2.0
"""The machine under test: this process's network namespace.

It is a gateway between two tun devices whose far ends are held here, so every
octet that goes in or comes out passes through os.write() and os.read():

    out0  10.0.0.1/16 fd00::1/64     the unprotected side; the peers live here,
                                     and the networks behind them, 10.1/16 and
                                     fd01::/64, are routed there
    in0   10.2.0.1/16 fd02::1/64     the protected side

A tun device hands a packet to the stack within write(), so what it causes has
mostly happened when write() returns; what has not is waited for by looking at
the devices and the drop counters, never by sleeping.
"""

import ctypes
import fcntl
import json
import os
import select
import socket
import struct
import subprocess
import time

import genl
import ip
from ktap import Failure

OUT = {4: "10.0.0.1", 6: "fd00::1"}
OUT_OTHER = {4: "10.0.0.3", 6: "fd00::3"}
IN = {4: "10.2.0.1", 6: "fd02::1"}
HOST = {4: "10.2.0.5", 6: "fd02::5"}
MTU = 1500

# Long enough for a busy emulated machine; only a failing test waits so long,
# and the more of them there are, the shorter.
PATIENCE = 3.0
LEAST_PATIENCE = 0.2

CLONE_NEWNET = 0x40000000
UDP_ENCAP, UDP_ENCAP_ESPINUDP = 100, 2
TUNSETIFF = 0x400454ca
IFF_TUN, IFF_NO_PI, IFF_VNET_HDR = 0x0001, 0x1000, 0x4000
IP_TRANSPARENT, IPV6_TRANSPARENT, UDP_SEGMENT = 19, 75, 103
SCM = {"pktinfo": (49, 50), "hoplimit": (51, 52), "flowinfo": (11, 11)}

SETUP = """
link set lo up
link set {out} mtu {mtu} addrgenmode none txqueuelen 10000 up
link set {in_} mtu {mtu} addrgenmode none txqueuelen 10000 up
addr add 10.0.0.1/16 dev {out}
addr add 10.0.0.3/16 dev {out}
addr add fd00::1/64 dev {out} nodad
addr add fd00::3/64 dev {out} nodad
addr add 10.2.0.1/16 dev {in_}
addr add fd02::1/64 dev {in_} nodad
route add 10.1.0.0/16 dev {out} src 10.2.0.1
route add fd01::/64 dev {out} src fd02::1
""".lstrip()

# Both ends are named, so that none has to ask for the other.
CABLE = """
link add far0 type veth peer name {name} address 02:00:00:00:00:01 netns {home}
link set far0 mtu {mtu} addrgenmode none up
addr add 10.5.0.2/16 dev far0
addr add fd05::2/64 dev far0 nodad
neigh add 10.5.0.1 lladdr 02:00:00:00:00:01 dev far0 nud permanent
neigh add fd05::1 lladdr 02:00:00:00:00:01 dev far0 nud permanent
route add default via 10.5.0.1 dev far0
route add default via fd05::1 dev far0
""".lstrip()

LIBC = ctypes.CDLL(None, use_errno=True)


def peer(index, family):
    """Outer address of a peer."""
    if family == 4:
        return "10.0.%d.%d" % (1 + index // 250, 1 + index % 250)
    return "fd00::1:%x" % (index + 1)


def remote(index, family):
    """Address of the host behind that peer."""
    if family == 4:
        return "10.1.%d.%d" % (1 + index // 250, 1 + index % 250)
    return "fd01::%x" % (index + 1)


def batch(command, lines):
    """Run a program that reads one command per line."""
    done = subprocess.run(command + ["-batch", "-"], input="\n".join(lines) + "\n",
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          universal_newlines=True, check=False)
    if done.returncode:
        raise Failure("%s: %s\n%s" % (" ".join(command), done.stdout.strip()[:400],
                                      "\n".join(lines[:4])))


def sysctl(name, value):
    """Set a sysctl of this namespace."""
    with open("/proc/sys/net/" + name, "w", encoding="ascii") as file:
        file.write(str(value))


def is_chatter(data):
    """Packets a Linux host sends by itself: neighbour and group discovery."""
    if ip.version(data) == 4:
        return data[9] == 2
    if data[6] == 0 and data[40] == ip.ICMP6:
        return data[48] in (130, 131, 132, 143)
    return data[6] == ip.ICMP6 and data[40] in (133, 134, 135, 136)


class Nfsec:
    """The implementation under test, by its tool."""

    command = ["secctl"]
    counted = True
    copies_flow = False     # of the inner IPv6 header to the outer one

    @staticmethod
    def table(part):
        """Counters by name, from a table or a list of the tool's output."""
        if isinstance(part, dict):
            return {k: int(v["value"] if isinstance(v, dict) else v) for k, v in part.items()}
        return {c["name"]: int(c["value"]) for c in part}

    def json(self, *words):
        """Output of the tool, parsed."""
        out = subprocess.run(self.command + ["-j"] + list(words), check=True,
                             stdout=subprocess.PIPE, close_fds=False).stdout
        return json.loads(out or b"[]")

    def stats(self):
        """(drops by reason, other counters), as the tool prints them."""
        data = self.json("stats")
        return self.table(data["drop"]), self.table(data["counter"])

    @staticmethod
    def counters():
        """A function that gives the same for the namespace of now, only faster."""
        return genl.Genl().stats

    def states(self):
        """All states, as the tool prints them."""
        data = self.json("-s", "state", "list")
        return data.get("state", data) if isinstance(data, dict) else data


class Xfrm(Nfsec):
    """The kernel's own IPsec, to try the harness itself.

    Its counters are too coarse to name reasons, so these are not compared; and
    where it is known to deviate from the RFCs, cases fail.
    """

    command = ["ip", "xfrm"]
    counted = False
    copies_flow = True

    def stats(self):
        with open("/proc/net/xfrm_stat", encoding="ascii") as file:
            return {k: int(v) for k, v in (line.split() for line in file)}, {}

    def counters(self):
        return self.stats


def enter(call, *args):
    """unshare() or setns()."""
    if call(*args):
        raise OSError(ctypes.get_errno(), call.__name__)


class Cable:
    """A device whose other end is in a namespace from which sockets send.

    veth hands on what a socket wants segmented as it is, with its checksum not
    yet made, like a device that has put together what it received.
    """

    def __init__(self, name):
        self.name = name
        self.home = os.open("/proc/self/ns/net", os.O_RDONLY)
        enter(LIBC.unshare, CLONE_NEWNET)
        try:
            self.far = os.open("/proc/self/ns/net", os.O_RDONLY)
            sysctl("ipv6/auto_flowlabels", 0)
            batch(["ip"], CABLE.format(name=name, mtu=MTU, home="/proc/%d/fd/%d" %
                                       (os.getpid(), self.home)).splitlines())
        finally:
            enter(LIBC.setns, self.home, CLONE_NEWNET)
        sysctl("ipv4/conf/%s/rp_filter" % name, 0)
        batch(["ip"], ["link set %s mtu %d addrgenmode none up" % (name, MTU)])

    def received(self):
        """Packets that have come over it, as the stack counts them."""
        with open("/proc/self/net/dev", encoding="ascii") as file:
            for line in file:
                name, _, fields = line.partition(":")
                if name.strip() == self.name:
                    return int(fields.split()[1])
        raise Failure("no device %s" % self.name)

    def send(self, source, target, data, size):
        """Datagrams of so many octets and the rest, as one packet; addresses are
        (address, port), and the source may be anybody's."""
        enter(LIBC.setns, self.far, CLONE_NEWNET)
        try:
            six = ":" in source[0]
            sock = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM)
        finally:
            enter(LIBC.setns, self.home, CLONE_NEWNET)
        with sock:
            sock.setsockopt(socket.IPPROTO_IPV6 if six else socket.IPPROTO_IP,
                            IPV6_TRANSPARENT if six else IP_TRANSPARENT, 1)
            sock.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, size)
            sock.bind(source)
            before = self.received()
            sock.sendto(data, target)
            if self.received() != before + 1:
                raise Failure("%d packets came over the cable instead of one" %
                              (self.received() - before))

    def close(self):
        """The namespace goes, and the device with it."""
        os.close(self.far)
        os.close(self.home)


class Dut:
    """A fresh namespace with devices and nothing configured."""

    tool = Nfsec()
    patience = PATIENCE
    provoked = set()        # reasons seen by any machine of this run

    def __init__(self, mtu=MTU):
        enter(LIBC.unshare, CLONE_NEWNET)
        self.outside = self._tun("out0")
        self.inside = self._tun("in0")
        # The namespace inherits these from the first one.
        for name in ("all", "default", "out0", "in0"):
            sysctl("ipv4/conf/%s/rp_filter" % name, 0)
            sysctl("ipv4/conf/%s/forwarding" % name, 1)
            sysctl("ipv6/conf/%s/forwarding" % name, 1)
        batch(["ip"], SETUP.format(out="out0", in_="in0", mtu=mtu).splitlines())
        self.raw = {4: self._raw(4, socket.IPPROTO_RAW), 6: self._raw(6, socket.IPPROTO_RAW)}
        self.local = {4: self._raw(4, ip.PLAIN), 6: self._raw(6, ip.PLAIN)}
        self.sockets = []
        self.devices = [self.outside, self.inside]
        self.cables = []
        self.pushed = []
        if not self.tool.counted:
            self.udp(4, "0.0.0.0", 4500)
            self.udp(6, "::", 4500)
        self.stats = self.tool.counters()
        self.drops = self.stats()[0]

    @staticmethod
    def _tun(name, flags=0):
        if not os.path.exists("/dev/net/tun"):
            subprocess.run(["modprobe", "tun"], check=True)
        fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(),
                                          IFF_TUN | IFF_NO_PI | flags))
        return fd

    @staticmethod
    def _raw(family, proto):
        sock = socket.socket(socket.AF_INET if family == 4 else socket.AF_INET6,
                             socket.SOCK_RAW, proto)
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        if family == 6 and proto != socket.IPPROTO_RAW:
            for request, _ in SCM.values():
                sock.setsockopt(socket.IPPROTO_IPV6, request, 1)
        return sock

    def close(self):
        """Give the namespace up; it goes when its last holder does."""
        for fd in self.devices:
            os.close(fd)
        self.stats = None
        for cable in self.cables:
            cable.close()
        for sock in list(self.raw.values()) + list(self.local.values()) + self.sockets:
            sock.close()

    def extra_tun(self, name, addresses):
        """One more device, with a virtio_net_hdr in front of each packet."""
        fd = self._tun(name, IFF_VNET_HDR)
        self.devices.append(fd)
        lines = ["link set %s mtu %d addrgenmode none up" % (name, MTU)]
        for address in addresses:
            lines.append("addr add %s dev %s%s" % (address, name,
                                                   " nodad" if ":" in address else ""))
        sysctl("ipv4/conf/%s/rp_filter" % name, 0)
        batch(["ip"], lines)
        return fd

    def cable(self, name):
        """One more device, with a Cable behind it."""
        self.cables.append(Cable(name))
        return self.cables[-1]

    # -- configuration ----------------------------------------------------

    def configure(self, lines):
        """Give lines to the tool, each without its name."""
        if not self.tool.counted:
            lines = ["xfrm " + line for line in lines]
            batch(["ip"], lines)
        else:
            batch(self.tool.command, lines)

    def flush(self):
        """Delete all states and policies."""
        self.configure(["state flush", "policy flush"])

    def udp(self, family, address, port):
        """A UDP socket of the machine under test."""
        sock = socket.socket(socket.AF_INET if family == 4 else socket.AF_INET6,
                             socket.SOCK_DGRAM)
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == 6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if port == 4500 and not self.tool.counted:
            sock.setsockopt(socket.IPPROTO_UDP, UDP_ENCAP, UDP_ENCAP_ESPINUDP)
        sock.bind((address, port))
        self.sockets.append(sock)
        return sock

    # -- counters ---------------------------------------------------------

    def new_drops(self):
        """Drops since the last call, by reason, those that are zero left out."""
        now = self.stats()[0]
        diff = {k: v - self.drops.get(k, 0) for k, v in now.items()
                if v != self.drops.get(k, 0)}
        self.drops = now
        Dut.provoked.update(diff)
        return diff

    def counter(self, name):
        """A counter that is not a drop."""
        return self.stats()[1][name]

    def state(self, spi):
        """The state with an SPI."""
        for state in self.tool.states():
            found = state["spi"]
            if (int(found, 0) if isinstance(found, str) else found) == spi:
                return state
        raise Failure("no state with SPI 0x%x" % spi)

    # -- packets ----------------------------------------------------------

    @staticmethod
    def _read(fd):
        while True:
            try:
                data = os.read(fd, 65536)
            except BlockingIOError:
                return None
            if not is_chatter(data):
                return data

    def _read_local(self, family):
        try:
            data, extra, _, source = self.local[family].recvmsg(65536, 512)
        except BlockingIOError:
            return None
        if family == 4:
            return data
        found = {kind: value for _, kind, value in extra}
        # The kernel leaves the message out if it is all zero.
        word, = struct.unpack("!I", found.get(SCM["flowinfo"][1], bytes(4)))
        target = socket.inet_ntop(socket.AF_INET6, found[SCM["pktinfo"][1]][:16])
        hops, = struct.unpack("=i", found[SCM["hoplimit"][1]])
        return ip.ip6(source[0], target, ip.PLAIN, data, tos=word >> 20 & 0xff,
                      flow=word & 0xfffff, ttl=hops)

    def delivered(self):
        """A packet that came out of protection, or None: inside or local."""
        data = self._read(self.inside)
        for family in (4, 6):
            if data is None:
                data = self._read_local(family)
        return data

    def out_of_patience(self):
        """Something that should have happened did not."""
        Dut.patience = max(Dut.patience * 0.7, LEAST_PATIENCE)

    def wait(self, read, patience=None):
        """Call read() until it gives something or patience ends."""
        data = read()
        end = time.monotonic() + (self.patience if patience is None else patience)
        while data is None and time.monotonic() < end:
            select.select(self.devices + [self.local[4], self.local[6]] + self.sockets, [], [], 0.02)
            data = read()
        if data is None and patience is None:
            self.out_of_patience()
        return data

    def take_outside(self):
        """A packet that has left on the unprotected side, or None."""
        return self.pushed.pop() if self.pushed else self._read(self.outside)

    def push_back(self, data):
        """Let take_outside() give a packet again."""
        self.pushed.append(data)

    def left(self, patience=None):
        """The next packet that left on the unprotected side, or None."""
        return self.wait(self.take_outside, patience)

    def arrived(self, patience=None):
        """The next packet delivered, or None."""
        return self.wait(self.delivered, patience)

    def need(self, data, what):
        """Fail, with the drops that say why, if there is no packet."""
        if data is None:
            raise Failure("%s; drops: %s" % (what, self.new_drops()))

    def inject(self, data):
        """A packet arrives on the unprotected side."""
        os.write(self.outside, data)

    def forward(self, data):
        """A packet arrives on the protected side."""
        os.write(self.inside, data)

    def originate(self, data):
        """The machine under test sends a packet of its own."""
        self.raw[ip.version(data)].sendto(data, (ip.destination(data), 0))

    def outcome(self, data):
        """Inject a packet; ("ok", packet) or ("drop", {reason: count})."""
        self.inject(data)
        end = time.monotonic() + self.patience
        while True:
            got = self.delivered()
            if got is not None:
                return "ok", got
            diff = self.new_drops()
            if diff:
                return "drop", diff
            if time.monotonic() > end:
                self.out_of_patience()
                return "lost", {}
            select.select([self.inside, self.local[4], self.local[6]], [], [], 0.002)

    def expect(self, data, want, what="packet"):
        """Inject a packet which is to be delivered as the octets given."""
        kind, got = self.outcome(data)
        if kind == "ok" and got == want:
            return
        if kind != "ok":
            raise Failure("%s: %s %s" % (what, kind, got))
        at = next((i for i, (a, b) in enumerate(zip(got, want)) if a != b), len(want))
        raise Failure("%s was delivered otherwise from octet %d on\ngot    %s\nwanted %s" %
                      (what, at, got.hex(), want.hex()))

    def expect_drop(self, data, reason, what="packet"):
        """Inject a packet which is to be dropped, counted once, as reason."""
        kind, got = self.outcome(data)
        if kind == "lost" and not self.tool.counted:
            return
        if kind != "drop" or (self.tool.counted and got != {reason: 1}):
            raise Failure("%s: wanted drop {'%s': 1}, got %s %s" %
                          (what, reason, kind, got.hex() if kind == "ok" else got))

    def idle(self, counters=True):
        """Fail if there is a packet or a drop that no case has asked for."""
        for name, read in (("outside", self.take_outside),
                           ("inside", self.delivered)):
            stray = read()
            if stray is None:
                continue
            while read() is not None:
                pass
            raise Failure("unexpected packet %s: %s" % (name, stray[:120].hex()))
        if counters:
            diff = self.new_drops()
            if diff:
                raise Failure("unexpected drops: %s" % diff)


class Group:
    """Cases that share one machine under test."""

    name = ""
    counters = True

    def __init__(self):
        self.dut = None

    def setup(self):
        """Make the machine; groups add their configuration."""
        self.dut = Dut()

    def teardown(self):
        """Throw it away."""
        if self.dut:
            self.dut.close()

    def run(self, function):
        """Run a case, then see that nothing else happened."""
        try:
            function()
        except Exception:
            # What is left over belongs to this case, not to the next.
            self.settle()
            raise
        self.dut.idle(self.counters)

    def settle(self):
        """Forget packets and counters of a failed case."""
        for _ in range(3):
            try:
                self.dut.idle()
            except Failure:
                pass
