#!/usr/bin/env python3
"""A listener with `proxy = required`: right headers of both versions are believed, and cut at each byte; wrong, cut off and
missing ones end the connection before the engine sees a byte. "The PROXY protocol", 2.1, 2.2.
"""
import ipaddress
import socket
import struct

import hostile
from hostile import Fault, Wire

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
SETTINGS = """
[listener balanced]
protocol = smtp
role = mx
port = %d
tls = starttls
proxy = required
connections-per-address = 0

[listener balanced-tls]
protocol = imap
port = %d
tls = implicit
proxy = required
connections-per-address = 3

[net]
handshake-timeout = 2s
"""


def v2(client, server, family=0x11, command=0x21, more=b"", length=None, ports=(40000, 25)):
    places = b"".join(ipaddress.ip_address(x).packed for x in (client, server)) if client else b""
    data = places + (struct.pack("!HH", *ports) if client else b"") + more
    return SIGNATURE + bytes((command, family)) + struct.pack("!H", len(data) if length is None else length) + data


GOOD = [
    (b"PROXY TCP4 192.0.2.7 198.51.100.1 40000 25\r\n", b"192.0.2.7"),
    (b"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", b"255.255.255.255"),
    (b"PROXY TCP6 2001:db8::7 2001:db8::1 40000 25\r\n", b"2001:db8::7"),
    (b"PROXY UNKNOWN\r\n", b"127.0.0.1"),
    (b"PROXY UNKNOWN " + b"f" * 70 + b"\r\n", b"127.0.0.1"),
    (v2("192.0.2.8", "198.51.100.1"), b"192.0.2.8"),
    (v2("2001:db8::8", "2001:db8::1", 0x21), b"2001:db8::8"),
    (v2("192.0.2.9", "198.51.100.1", more=b"\x04\x00\x02ab" * 20), b"192.0.2.9"),
    (v2(None, None, 0, 0x20), b"127.0.0.1"),
    (v2(None, None, 0, 0x21), b"127.0.0.1"),
    (v2("192.0.2.9", "198.51.100.1", command=0x20), b"127.0.0.1"),
]
BAD = [
    b"EHLO client.test\r\n",
    b"\r\n",
    b"\0",
    b"PROXY\r\n",
    b"PROXY \r\n",
    b"PROXY TCP4\r\n",
    b"PROXY TCP5 192.0.2.7 198.51.100.1 40000 25\r\n",
    b"proxy TCP4 192.0.2.7 198.51.100.1 40000 25\r\n",
    b" PROXY TCP4 192.0.2.7 198.51.100.1 40000 25\r\n",
    b"PROXY TCP4 192.0.2.7 198.51.100.1 40000 25\n",
    b"PROXY  TCP4 192.0.2.7 198.51.100.1 40000 25\r\n",
    b"PROXY TCP4 192.0.2.7 198.51.100.1 40000 25 \r\n",
    b"PROXY TCP4 192.0.2.7 198.51.100.1 40000 25 x\r\n",
    b"PROXY TCP4 192.0.2.7 198.51.100.1 40000\r\n",
    b"PROXY TCP4 192.0.2.7 198.51.100.1 040000 25\r\n",
    b"PROXY TCP4 192.0.2.7 198.51.100.1 65536 25\r\n",
    b"PROXY TCP4 192.0.2.7 198.51.100.1 -1 25\r\n",
    b"PROXY TCP4 192.0.2.256 198.51.100.1 40000 25\r\n",
    b"PROXY TCP4 2001:db8::7 2001:db8::1 40000 25\r\n",
    b"PROXY TCP6 192.0.2.7 198.51.100.1 40000 25\r\n",
    b"PROXY TCP6 ::ffff:192.0.2.7 ::1 40000 25\r\n",
    b"PROXY TCP4 127.0.0.1\0 198.51.100.1 40000 25\r\n",
    b"PROXY TCP4 192.0.2.7 198.51.100.1 40000 25" + b" " * 80 + b"\r\n",
    b"PROXY UNKNOWN " + b"f" * 100 + b"\r\n",
    b"PROXY TCP4 " + b"1" * 5000,
    b"PROXYTCP4 192.0.2.7 198.51.100.1 40000 25\r\n",
    v2("192.0.2.8", "198.51.100.1", command=0x11),
    v2("192.0.2.8", "198.51.100.1", command=0x22),
    v2("192.0.2.8", "198.51.100.1", length=11),
    v2("2001:db8::8", "2001:db8::1", 0x21, length=35),
    v2("192.0.2.8", "198.51.100.1", family=0x21),
    v2("192.0.2.8", "198.51.100.1", family=0x13),
    v2("192.0.2.8", "198.51.100.1", family=0x31),
    v2("192.0.2.8", "198.51.100.1", length=65535),
    v2("192.0.2.8", "198.51.100.1", more=b"x" * 5000),
    SIGNATURE[:11] + b"\r" + b"\x21\x11\x00\x0c" + b"\0" * 12,
]


def seen_as(wire):
    """Under which address the server sees the client, from its EHLO reply."""
    return wire.reply(b"EHLO client.test").split(b"greets ")[1].split()[0]


def right(server, port):
    for header, client in GOOD:
        for together in (False, True):
            with Wire(port) as wire:
                wire.send(header + (b"EHLO client.test\r\n" if together else b""))
                if wire.code() != 220:
                    raise Fault("%r gets no greeting" % header)
                seen = wire.reply().split(b"greets ")[1].split()[0] if together else seen_as(wire)
                if seen != client:
                    raise Fault("%r is seen as %r" % (header, seen))


def split(server, port):
    for header, client in GOOD:
        wires = []
        for at in range(1, len(header)):
            wire = Wire(port)
            wire.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            wire.send(header[:at])
            wires.append((at, wire))
        for at, wire in wires:
            wire.send(header[at:])
            if wire.code() != 220 or seen_as(wire) != client:
                raise Fault("%r cut at %d is not understood" % (header, at))
            wire.close()


def wrong(server, port):
    for header in BAD:
        with Wire(port) as wire:
            wire.send(header + b"EHLO client.test\r\nNOOP\r\n")
            said = wire.rest()
            if said:
                raise Fault("%r gets %r" % (header, said))


def missing(server, port):
    """Silence, half a header, or half a header and the end: time-out or end, without a greeting."""
    wires = [Wire(port) for _ in range(4)]
    wires[1].send(b"PROXY TCP4 192.0.2.7 ")
    wires[2].send(SIGNATURE + b"\x21\x11\x00\x0c")
    wires[3].send(b"PROXY TCP4 192.0.2.7 ")
    wires[3].sock.shutdown(socket.SHUT_WR)
    for wire in wires:
        said = wire.rest()
        if said:
            raise Fault("an incomplete header gets %r" % said)
        wire.close()


def one_byte_a_time(server, port):
    """The time for a header is for all of it: a byte now and then does not prolong it."""
    import time

    wire = Wire(port)
    end = time.monotonic() + 20 * hostile.SLOW
    for byte in b"PROXY UNKNOWN " + b"f" * 80:
        wire.sock.settimeout(0.2)
        try:
            if not wire.send(bytes((byte,))) or not wire.sock.recv(100):
                return
        except (socket.timeout, TimeoutError):
            pass
        except OSError:
            return
        if time.monotonic() > end:
            break
    raise Fault("a byte each 0.2 s holds the connection beyond handshake-timeout")


def then_tls(server, port):
    """The header comes before the handshake; the limit of an address counts the client's, not the balancer's."""
    held = []
    for i in range(3):
        wire = Wire(port)
        wire.send(b"PROXY TCP4 192.0.2.50 198.51.100.1 %d 993\r\n" % (40000 + i))
        wire.secure()
        if b"* OK" not in wire.until(rb"\n"):
            raise Fault("no greeting behind header and handshake")
        held.append(wire)
    fourth = Wire(port)
    fourth.send(b"PROXY TCP4 192.0.2.50 198.51.100.1 40009 993\r\n")
    if fourth.rest():
        raise Fault("a fourth connection from one client is let in")
    other = Wire(port)
    other.send(v2("192.0.2.51", "198.51.100.1"))
    other.secure()
    if b"* OK" not in other.until(rb"\n"):
        raise Fault("another client behind the same balancer is refused")
    for wire in held + [other]:
        wire.close()


def header_where_none_is_wanted(server):
    with Wire(server.port("mx")) as wire:
        wire.code()
        wire.send(b"PROXY TCP4 192.0.2.7 198.51.100.1 40000 25\r\n")
        if wire.code() != 500:
            raise Fault("a header is no command where none is required")
        if seen_as(wire) != b"127.0.0.1":
            raise Fault("a header is believed where none is required")


def loopback_claim_gives_nothing(server, port):
    """A header that says 127.0.0.1 is the balancer's word; one that says another address takes loopback's rights away."""
    with Wire(port) as wire:
        wire.send(b"PROXY TCP4 192.0.2.7 127.0.0.1 40000 143\r\n")
        wire.secure()
        wire.until(rb"\n")
        if b" OK" not in wire.imap(b"a", b"LOGIN ann@example.test \"%s\"" % hostile.PASSWORD.encode()):
            raise Fault("no login behind a balancer with TLS")


def body():
    balanced, secured = hostile.pliserver.free_ports() + 7, hostile.pliserver.free_ports() + 8
    with hostile.Server(settings=SETTINGS % (balanced, secured)) as server, hostile.watch(server):
        hostile.case("right headers", right, server, balanced)
        hostile.case("right headers, cut at each byte", split, server, balanced)
        hostile.case("wrong headers", wrong, server, balanced)
        hostile.case("missing headers", missing, server, balanced)
        hostile.case("a header byte by byte", one_byte_a_time, server, balanced)
        hostile.case("a header, then TLS", then_tls, server, secured)
        hostile.case("a login behind a balancer", loopback_claim_gives_nothing, server, secured)
        hostile.case("a header where none is wanted", header_where_none_is_wanted, server)
        hostile.case("the server is well", hostile.check_alive, server)


if __name__ == "__main__":
    hostile.main(body, 200)
