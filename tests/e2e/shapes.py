"""Messages of different shapes, the same ones for the same number, and the files of the test data.

A shape is bytes with CRLF line ends that end in CRLF, or are empty: what SMTP can carry.
"""
import os
import random
import re

import pliserver

WORDS = ("mail fold letter post stamp courier seal paper ink wax ribbon sender reader inbox outbox parcel "
         "Grüße café naïve señor 日本 письмо Ελλάδα").split()
ASCII = [word for word in WORDS if word.isascii()]


def crlf(data):
    """Line ends made CRLF, all kinds of them, one at the end too."""
    data = re.sub(rb"\r\n|\r|\n", b"\r\n", data)
    return data if not data or data.endswith(b"\r\n") else data + b"\r\n"


def header(rnd, more=()):
    lines = ["From: Ann <ann@sender.test>", "To: Bob <bob@%s>" % pliserver.DOMAIN,
             "Subject: " + " ".join(rnd.choices(ASCII, k=rnd.randrange(1, 9))),
             "Date: Mon, 2 Mar 2026 %02d:%02d:%02d +0100" % (rnd.randrange(24), rnd.randrange(60), rnd.randrange(60)),
             "Message-ID: <%016x@sender.test>" % rnd.getrandbits(64), *more]
    return "\r\n".join(lines).encode() + b"\r\n"


def text(rnd, lines, words=ASCII):
    return b"".join(" ".join(rnd.choices(words, k=rnd.randrange(0, 14))).encode() + b"\r\n" for _ in range(lines))


def plain(rnd):
    return header(rnd) + b"\r\n" + text(rnd, rnd.randrange(1, 40))


def eight_bit(rnd):
    more = ["MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit"]
    return header(rnd, more) + b"\r\n" + text(rnd, 30, WORDS)


def eight_bit_header(rnd):
    return header(rnd, ["X-Place: " + " ".join(rnd.choices(WORDS, k=5))]) + b"\r\n" + text(rnd, 3, WORDS)


def all_octets(rnd):
    """Each octet but NUL, CR and LF, in lines of odd lengths."""
    octets = bytes(set(range(1, 256)) - {10, 13})
    lines = [bytes(rnd.choices(octets, k=rnd.randrange(1, 300))) for _ in range(30)] + [octets]
    return header(rnd) + b"\r\n" + b"\r\n".join(lines) + b"\r\n"


def long_lines(rnd):
    sizes = [998, 997, 996, 72, 998, 0, 998]
    return header(rnd) + b"\r\n" + b"".join(bytes([rnd.randrange(33, 127)]) * n + b"\r\n" for n in sizes)


def dots(rnd):
    lines = [b".", b"..", b"...", b". ", b".x", b"", b".", b"x.", b".." * 499, b"." * 998, b"."]
    rnd.shuffle(lines)
    return header(rnd) + b"\r\n" + b"\r\n".join(lines) + b"\r\n" + rnd.choice([b"", b".\r\n", b"..\r\n", b"\r\n"])


def dots_first(rnd):
    """The dot is in the header, and in the first line of the body."""
    return rnd.choice([b".X-Odd: 1\r\n", b"..: 2\r\n", b""]) + header(rnd) + b"\r\n.\r\n.end\r\n"


def empty_body(rnd):
    return header(rnd) + rnd.choice([b"\r\n", b"", b"\r\n\r\n"])


def no_header(rnd):
    return rnd.choice([b"\r\n", b"\r\n\r\n", b""]) + text(rnd, rnd.randrange(1, 9))


def nothing(rnd):
    return rnd.choice([b"", b"\r\n", b"\r\n\r\n"])


def long_header(rnd):
    folded = "X-Folded: " + "\r\n ".join(" ".join(rnd.choices(ASCII, k=9)) for _ in range(400))
    single = "X-Single: " + "s" * rnd.randrange(900, 988)
    many = ["To: " + ",\r\n\t".join("Person %d <p%d@far.test>" % (i, i) for i in range(600))]
    many += ["X-Row-%d: %s" % (i, " ".join(rnd.choices(ASCII, k=7))) for i in range(300)]
    return header(rnd, [folded, single, *many]) + b"\r\n" + text(rnd, 3)


def odd_header(rnd):
    more = ["Subject:", "X-Empty: ", "X-Tab:\tx\t ", "x-colon:a:b:c", "X-Space-Before : 1",
            "X-Fold:\r\n folded at once", "X-Quoted: \"unclosed", "X-Encoded: =?utf-8?Q?caf=C3=A9?= =?bad?=",
            "Subject: second subject"]
    rnd.shuffle(more)
    return header(rnd, more) + b"\r\n" + text(rnd, 2)


def nested(rnd, depth=None):
    """Multipart in multipart, message/rfc822 at the bottom, a preamble and an epilogue."""
    depth = rnd.randrange(2, 12) if depth is None else depth
    inside = b"Content-Type: message/rfc822\r\n\r\n" + header(rnd) + b"\r\n" + text(rnd, 4)
    for level in range(depth):
        bound = "b%d.%x" % (level, rnd.getrandbits(32))
        mark = ("--" + bound).encode()
        kind = rnd.choice(["mixed", "alternative", "related"])
        inside = (('Content-Type: multipart/%s; boundary="%s"\r\n\r\n' % (kind, bound)).encode()
                  + rnd.choice([b"", b"preamble\r\n"]) + mark + b"\r\nContent-Type: text/plain\r\n\r\n" + text(rnd, 3)
                  + mark + b"\r\n" + inside + b"\r\n" + mark + b"--\r\n" + rnd.choice([b"", b"epilogue\r\n"]))
    return header(rnd, ["MIME-Version: 1.0"]) + inside


def attachment(rnd):
    count = rnd.randrange(20, 2000)
    rows = b"".join(bytes(rnd.choices(b"ABCDEFGHabcdefgh0123+/", k=76)) + b"\r\n" for _ in range(count))
    more = ["MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=sep"]
    return (header(rnd, more) + b"\r\n--sep\r\n\r\n" + text(rnd, 5)
            + b"--sep\r\nContent-Type: application/octet-stream; name*=utf-8''caf%C3%A9.bin\r\n"
            b"Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=x.bin\r\n\r\n" + rows
            + b"--sep--\r\n")


def torn_multipart(rnd):
    """The end never comes, or the boundary never begins."""
    whole = nested(rnd)
    return crlf(whole[:rnd.randrange(len(whole) // 2, len(whole))])


def with_bcc(rnd):
    return (b"Bcc: hidden@far.test\r\n" + header(rnd, ["Bcc: one@far.test,\r\n two@far.test", "BCC: three@far.test"])
            + b"\r\nBcc: this is text\r\n")


def without_ids(rnd):
    return b"From: ann@sender.test\r\nSubject: no date, no id\r\n\r\n" + text(rnd, 2)


SHAPES = [plain, eight_bit, eight_bit_header, all_octets, long_lines, dots, dots_first, empty_body, no_header, nothing,
          long_header, odd_header, nested, attachment, torn_multipart, with_bcc, without_ids]


def big(size):
    """One message of `size` bytes, in lines of 76."""
    rnd = random.Random(size)
    head = header(rnd, ["MIME-Version: 1.0", "Content-Type: application/octet-stream"]) + b"\r\n"
    block = b"".join(bytes(rnd.choices(b"ABCDEFGHabcdefgh0123+/", k=76)) + b"\r\n" for _ in range(1000))
    body = (block * (size // len(block) + 1))[:size - len(head) - 2]
    return head + body.rstrip(b"\r\n").ljust(size - len(head) - 2, b"=") + b"\r\n"


def one(number):
    """(name, bytes) of the message with this number."""
    shape = SHAPES[number % len(SHAPES)]
    return "%s-%d" % (shape.__name__.replace("_", "-"), number), shape(random.Random(number))


def files(below="mime"):
    """(name, bytes) of each file of the test data; Skip when there are none. Those with NUL, which SMTP refuses,
    are not among them."""
    root = os.path.join(pliserver.TESTDATA, below)
    found = []
    for folder, _, names in sorted(os.walk(root)):
        for name in sorted(names):
            if name.startswith(("LICENSE", "README")):
                continue
            with open(os.path.join(folder, name), "rb") as data:
                message = crlf(data.read())
            if b"\0" not in message:
                found.append((os.path.relpath(os.path.join(folder, name), root), message))
    if not found:
        raise pliserver.Skip("no test data in %s" % root)
    return found
