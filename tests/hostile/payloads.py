"""Bad input, as lists of (name, bytes). Used by badinput.py; not a test of its own. A name that begins with "fine" or "flood"
may be answered without an error."""
import ssl

MAIL = b"EHLO client.test\r\nMAIL FROM:<x@else.test>\r\n"
RCPT = MAIL + b"RCPT TO:<ann@example.test>\r\n"
AUTH = b"EHLO client.test\r\nAUTH PLAIN "
NUMBERS = [b"0", b"-1", b"4294967295", b"4294967296", b"2147483648", b"18446744073709551615", b"18446744073709551616",
           b"99999999999999999999", b"00000000000000000001", b"1e9", b"*"]
PIECES = [b"\r\n", b"\r", b"\n", b"\0", b"\r\n.\r\n", b".", b"\"", b"\\", b"(", b")" * 50, b"(" * 50, b"{10}\r\n", b"{3+}\r\nabc",
          b"{4294967295}\r\n", b"{99999999999999999999+}\r\n", b"~{5}\r\nab\0cd", b"<", b">", b"@", b"%", b"*", b"&", b"&-", b"[",
          b"]", b"BODY[", b"1:*", b"\xff\xfe", "ü".encode(), b"STARTTLS\r\n", b"DATA\r\n", b"RSET\r\n", b"a IDLE\r\n",
          b"AUTH PLAIN\r\n", b"x" * 5000, b" " * 200, b"\t", b"BDAT 10 LAST\r\n", b"NIL"]
# Ends of data that are none, or that are half of one, as others have taken them for one.
ENDS = [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r", b"\n.\r", b"\r.\n", b"\r\n\0.\r\n", b"\r\n.\0\r\n",
        b"\r\n.\r\r\n", b"\r\r\n.\r\n", b"\n\n.\r\n", b"\r\n.\n\r\n", b"\n\r.\n\r"]


def smtp():
    many = 5000
    yield "a line without end", b"x" * (1 << 20)
    yield "a long line, then others", b"x" * 5000 + b"\r\nNOOP\r\nX\r\n"
    yield "a long verb", b"x" * 5000 + b"\r\n"
    yield "a long EHLO", b"EHLO " + b"a" * 70000 + b"\r\n"
    yield "EHLO of 4090", b"EHLO " + b"a" * 4080 + b"\r\n"
    yield "EHLO with NUL", b"EHLO a\0b\r\n"
    yield "NULs", b"\0" * 10000 + b"\r\n"
    yield "8-bit", bytes(range(128, 256)) * 20 + b"\r\n"
    yield "all bytes", bytes(range(256)) * 20 + b"\r\n"
    yield "bare CR", b"NOOP\rNOOP\rNOOP\r\n"
    yield "bare LF", b"NOOP\nNOOP\nNOOP\n"
    yield "CR CR LF", b"NOOP\r\r\n"
    yield "only CR", b"\r" * 10000
    yield "only LF", b"\n" * 10000
    yield "empty lines", b"\r\n" * 10000
    yield "telnet", b"\xff\xf4\xff\xfd\x06\r\n"
    yield "HTTP", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nHELO\r\n"
    yield "garbage lines", b"garbage\r\n" * many
    yield "half a path", MAIL + b"RCPT TO:<ann@example.test\r\n"
    yield "open quotes", MAIL + b"RCPT TO:<\"" + b"\\\"" * 1500 + b"@example.test>\r\n"
    yield "fine, deep route", MAIL + b"RCPT TO:<" + b"@a," * 1000 + b"@b:ann@example.test>\r\n"
    yield "deep comments", MAIL + b"RCPT TO:<" + b"(" * 3000 + b"ann@example.test>\r\n"
    yield "long local part", MAIL + b"RCPT TO:<" + b"a" * 3500 + b"@example.test>\r\n"
    yield "NUL in path", MAIL + b"RCPT TO:<ann\0@example.test>\r\n"
    yield "sizes", b"EHLO x\r\n" + b"".join(b"MAIL FROM:<x@else.test> SIZE=%s\r\nRSET\r\n" % n for n in NUMBERS)
    yield "parameters", b"EHLO x\r\nMAIL FROM:<x@else.test>" + b" A=B" * 900 + b"\r\n"
    yield "same parameter", b"EHLO x\r\nMAIL FROM:<x@else.test>" + b" SIZE=1" * 500 + b"\r\n"
    yield "bad bodies", b"EHLO x\r\nMAIL FROM:<x@else.test> BODY=BINARYMIME\r\nMAIL FROM:<x@else.test> SMTPUTF8\r\nBDAT 99\r\n"
    yield "wrong order", b"DATA\r\nRCPT TO:<ann@example.test>\r\nMAIL FROM:<x@else.test>\r\n.\r\n"
    yield "AUTH, long", AUTH + b"A" * 100000 + b"\r\n"
    yield "AUTH, no base64", AUTH + b"\xff*=\r\n"
    yield "AUTH, NULs", AUTH + b"AAAAAAAAAAAAAAAA\r\n"
    yield "AUTH, step too long", b"EHLO x\r\nAUTH LOGIN\r\n" + b"A" * 200000 + b"\r\n"
    yield "AUTH, given up", b"EHLO x\r\nAUTH PLAIN\r\n*\r\n" * 100
    yield "AUTH, other", b"EHLO x\r\nAUTH " + b"X" * 3000 + b"\r\nAUTH GSSAPI\r\nAUTH\r\n"
    yield "flood of NOOP", b"NOOP\r\n" * 50000 + b"X\r\n"
    yield "flood of EHLO", b"EHLO x\r\n" * 20000 + b"X\r\n"
    yield "flood of MAIL", b"EHLO x\r\n" + b"MAIL FROM:<x@else.test>\r\nRSET\r\n" * 10000 + b"X\r\n"
    yield "flood of HELP", b"HELP\r\nVRFY a\r\n" * 20000 + b"X\r\n"
    yield "strangers", MAIL + b"RCPT TO:<nobody@example.test>\r\n" * many
    yield "too many recipients", MAIL + b"RCPT TO:<ann@example.test>\r\n" * 1500
    yield "STARTTLS with words", b"EHLO x\r\nSTARTTLS now\r\nSTARTTLS x y\r\n"
    yield "fine, data without an end", RCPT + b"DATA\r\nSubject: x\r\n\r\nno end" + b"\r\nQUIT\r\nXX\r\n"
    yield "data with NUL", RCPT + b"DATA\r\nSubject: x\r\n\r\na\0b\r\n.\r\nX\r\n"
    yield "data with bare LF", RCPT + b"DATA\r\nSubject: x\n\nab\n.\n\r\n.\r\nX\r\n"
    yield "data too big", RCPT + b"DATA\r\n" + (b"x" * 998 + b"\r\n") * 26000 + b".\r\n"
    yield "one line too big", RCPT + b"DATA\r\n" + b"x" * (25 << 20) + b"\r\n.\r\n"


def messages():
    """Whole messages without their end; each is hard on who reads it."""
    def part(kind, text):
        return b"Content-Type: " + kind + b"\r\n\r\n" + text

    deep, nested = b"x", b"Subject: innermost\r\n\r\nx"
    for i in range(3000):
        deep = part(b"multipart/mixed; boundary=b%d" % i, b"--b%d\r\n" % i + deep + b"\r\n--b%d--" % i)
        if len(deep) > 400000:
            break
    for _ in range(3000):
        nested = part(b"message/rfc822", nested)
    yield "deep multiparts", deep
    yield "deep messages", nested
    yield "many parts", part(b"multipart/mixed; boundary=b", b"--b\r\n\r\n" * 100000 + b"--b--")
    yield "same boundaries", part(b"multipart/mixed; boundary=b", b"--b\r\n" + part(b"multipart/mixed; boundary=b", b"--b\r\n") * 2000)
    yield "prefix boundaries", part(b"multipart/mixed; boundary=b", (b"--b" + b"b" * 70 + b"\r\n") * 20000)
    yield "long boundary", part(b"multipart/mixed; boundary=\"" + b"b" * 90000 + b"\"", b"--" + b"b" * 90000 + b"\r\n\r\nx")
    yield "empty boundary", part(b"multipart/mixed; boundary=\"\"", b"--\r\n\r\nx\r\n----\r\n")
    yield "many parameters", part(b"text/plain" + b"; a=b" * 20000, b"x")
    yield "continued parameters", part(b"text/plain" + b"".join(b"; n*%d*=%%41" % i for i in range(8000)), b"x")
    yield "a parameter numbered high", part(b"text/plain; n*4294967295=a; n*99999999999999999999=b; n*-1=c", b"x")
    yield "deep comments", b"From: " + b"(" * 200000 + b"a@b\r\n\r\nx"
    yield "nested groups", b"To: " + b"g:" * 50000 + b"a@b;" + b"\r\n\r\nx"
    yield "many addresses", b"To: " + b"a@b, " * 60000 + b"\r\n\r\nx"
    yield "open quotes", b"To: \"" + b"\\\"" * 100000 + b"\r\n\r\nx"
    yield "encoded words", b"Subject: " + b"=?utf-8?q?a?= " * 20000 + b"\r\n\r\nx"
    yield "bad encoded words", b"Subject: " + b"=?" * 100000 + b"\r\n\r\nx"
    yield "folded", b"Subject: x\r\n" + b" y\r\n" * 50000 + b"\r\nx"
    yield "many fields", b"X: y\r\n" * 50000 + b"\r\nx"
    yield "header without end", b"X-Long: y\r\n" * 500000
    yield "one long field", b"Subject: " + b"z" * (3 << 20) + b"\r\n\r\nx"
    yield "no colon", b"garbage\r\n" * 1000
    yield "colons", b":" * 100000 + b"\r\n" + b":\r\n" * 10000 + b"\r\nx"
    yield "8-bit header", b"Subject: " + bytes(range(128, 256)) * 100 + b"\r\nFrom: \xff\xfe@\xfd\r\n\r\n\xff"
    yield "bad base64", b"Content-Transfer-Encoding: base64\r\nContent-Type: text/plain\r\n\r\n" + b"=\r\n*A=" * 20000
    yield "bad quoted-printable", b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=\r\n=x=" * 20000
    yield "odd charset", b"Content-Type: text/plain; charset=" + b"x" * 5000 + b"\r\n\r\n" + bytes(range(128, 256)) * 100
    yield "dates", b"Date: 99999999999 Foo 99999999999999999999 99:99:99 +9999\r\n" * 1000 + b"\r\nx"
    yield "dots", b"Subject: dots\r\n\r\n" + b"..\r\n" * 100000
    yield "nothing", b""
    yield "one line", b"\r\n" * 3


def imap():
    yield "a line without end", b"a " + b"x" * (1 << 20)
    yield "a long tag", b"a" * 60000 + b" NOOP"
    yield "no tag", b" NOOP\r\n+ NOOP\r\n* NOOP\r\n( NOOP\r\n{5} NOOP"
    yield "NULs", b"a NO\0OP\r\n\0\0\0\0"
    yield "8-bit", b"a " + bytes(range(128, 256)) + b"\r\n\xff\xfe NOOP"
    yield "bare CR", b"a NOOP\rb NOOP\rc NOOP"
    yield "only LF", b"\n" * 5000
    for size in (b"4294967295", b"4294967296", b"99999999999999999999", b"18446744073709551615", b"-1", b"", b"0x10", b"1 "):
        yield "literal %r" % size, b"a LOGIN {%s}\r\nb NOOP\r\n" % size
        yield "%sliteral %r+" % ("fine, " if size.startswith(b"42") else "", size), b"a LOGIN {%s+}\r\nb NOOP\r\n" % size
        yield "append %r" % size, b"a APPEND INBOX {%s}\r\nb NOOP\r\n" % size
        yield "%sappend %r+" % ("fine, " if size.startswith(b"42") else "", size), b"a APPEND INBOX {%s+}\r\nb NOOP\r\n" % size
    yield "literals of nothing", b"a LIST " + b"{0+}\r\n" * 20000
    yield "literals of one", b"a LIST " + b"{1+}\r\nx" * 20000
    yield "literals together", b"a LIST " + b"{60000+}\r\n" + b"x" * 60000 + b" {60000+}\r\n" + b"x" * 60000
    yield "literal of NULs", b"a LOGIN {5+}\r\n\0\0\0\0\0 {5+}\r\n\0\0\0\0\0"
    yield "binary literal", b"a APPEND INBOX ~{5+}\r\nab\0cd"
    yield "a literal that does not come", b"a SELECT {5}\r\nab"
    yield "deep parentheses", b"a SEARCH " + b"(" * 60000
    yield "deep parentheses, closed", b"a SEARCH " + b"(" * 30000 + b"ALL" + b")" * 30000
    yield "deep NOT", b"a SEARCH " + b"NOT " * 15000 + b"ALL"
    yield "deep OR", b"a SEARCH " + b"OR " * 15000 + b"ALL"
    yield "deep fetch", b"a FETCH 1 " + b"(" * 60000
    yield "deep section", b"a FETCH 1 BODY[" + b"1." * 25000 + b"1]"
    yield "section numbers", b"a FETCH 1 (BODY[0] BODY[4294967296.1] BODY[99999999999999999999])"
    yield "partial numbers", b"a FETCH 1 BODY[]<4294967296.99999999999999999999>"
    yield "fine, partial", b"a FETCH 1 BODY[]<4294967295.4294967295>\r\nb X"
    yield "sets", b"a FETCH " + b"1:*," * 16000 + b"x FLAGS"
    yield "sets of numbers", b"a FETCH 0,4294967296,99999999999999999999 FLAGS"
    yield "fine, a wide set", b"a UID FETCH 1:4294967295,4294967295:1 UID\r\nb UID STORE 1:4294967295 +FLAGS (\\Seen)\r\nc X"
    yield "fine, many ranges", b"a UID FETCH " + b",".join(b"%d:%d" % (i * 3 + 1, i * 3 + 2) for i in range(5000)) + b" UID\r\nc X"
    yield "header fields", b"a FETCH 1 BODY[HEADER.FIELDS (" + b"X " * 30000 + b"]"
    yield "keywords", b"a STORE 1:* +FLAGS (" + b" ".join(b"k%d" % i for i in range(8000)) + b")\r\nb X"
    yield "bad flags", b"a STORE 1:* +FLAGS (\\Bad \\* \\Recent %)\r\nb STORE 1:* FLAGS \\Seen)\r\nc STORE 1 XFLAGS ()"
    yield "fine, wildcards", b"a CREATE " + b"a" * 200 + b"\r\nb LIST \"\" \"" + b"*a%a" * 2000 + b"b\"\r\nd X"
    yield "fine, deep names", b"a CREATE " + b"/".join([b"d"] * 5000) + b"\r\nb DELETE d\r\nc CREATE " + b"/" * 5000 + b"\r\nd X"
    yield "bad names", b"a CREATE &\r\nb CREATE \"&AA\"\r\nc CREATE &&&-\r\nd CREATE {3+}\r\n\xff\xfe\xfd\r\ne CREATE \"\"\r\nf SELECT \"../../x\""
    yield "quotes", b"a LOGIN \"" + b"\\\"" * 20000 + b"\r\nb LOGIN \"a\\x\" b"
    yield "dates", b"a SEARCH SINCE 99-Foo-9999999999 BEFORE 0-Jan-0\r\nb APPEND INBOX \"99-Foo-2020 99:99:99 +9999\" {1+}\r\nx"
    yield "charset", b"a SEARCH CHARSET X-NONE TEXT x\r\nb SEARCH CHARSET UTF-8 TEXT {2+}\r\n\xff\xfe"
    yield "AUTHENTICATE", b"a AUTHENTICATE PLAIN " + b"A" * 60000 + b"\r\nb AUTHENTICATE X\r\nc AUTHENTICATE PLAIN\r\n" + b"*" * 60000
    yield "IDLE", b"a IDLE\r\nNOT DONE\r\nb NOOP\r\nDONE\r\nc X"
    yield "unknown", b"a X\r\n" * 1000
    yield "flood of NOOP", b"a NOOP\r\n" * 30000 + b"x X"
    yield "flood of CAPABILITY", b"a CAPABILITY\r\n" * 20000 + b"x X"
    yield "flood of FETCH", b"a FETCH 1:* (ENVELOPE BODY.PEEK[])\r\n" * 300 + b"x X"
    yield "unselect and fetch", b"a UNSELECT\r\nb FETCH 1 FLAGS\r\nc UID EXPUNGE 1\r\nd MOVE 1 x"
    yield "UID of what has none", b"a UID NOOP\r\nb UID\r\nc UID UID FETCH 1 UID\r\nd UID LOGIN a b"


def pop3():
    yield "a line without end", b"x" * (1 << 20)
    yield "long command", b"USER " + b"a" * 5000
    yield "NULs", b"USER a\0b\r\n\0\0\0"
    yield "8-bit", bytes(range(128, 256)) + b"\r\nUSER \xff"
    yield "bare CR", b"STAT\rSTAT\r"
    yield "only LF", b"\n" * 5000
    for number in NUMBERS:
        yield "number %r" % number, b"RETR %s\r\nTOP %s %s\r\nLIST %s\r\nUIDL %s\r\nDELE %s" % ((number,) * 6)
    yield "arguments", b"STAT x\r\nLIST 1 2\r\nTOP 1\r\nTOP 1 -1\r\nRETR\r\nDELE 1 2\r\nQUIT now\r\nAPOP\r\nAPOP a b"
    yield "AUTH", b"AUTH PLAIN " + b"A" * 20000 + b"\r\nAUTH X\r\nAUTH PLAIN\r\n" + b"*" * 20000
    yield "garbage lines", b"garbage\r\n" * 5000
    yield "flood of NOOP", b"NOOP\r\n" * 20000
    yield "flood of CAPA", b"CAPA\r\n" * 20000
    yield "flood of RETR", b"RETR 1\r\n" * 2000
    yield "order", b"PASS x\r\nPASS x\r\nRETR 1\r\nUSER\r\nPASS"
    yield "UTF8", b"UTF8\r\nLANG x\r\nXTND"


def client_hello():
    """What a client begins TLS with."""
    context, client, server = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.MemoryBIO(), ssl.MemoryBIO()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    tls = context.wrap_bio(server, client, server_hostname="mail.example.test")
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return client.read()


_LETTER = b"From: A <a@else.test>\r\nTo: b@example.test\r\nSubject: =?utf-8?q?x?=\r\nContent-Type: multipart/mixed; boundary=b\r\n" \
    b"\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\ntext\r\n--b--\r\n"
_SMTP = b"EHLO client.test\r\nNOOP\r\nMAIL FROM:<x@else.test> SIZE=100 BODY=8BITMIME\r\nRCPT TO:<bob@example.test>\r\nDATA\r\n" \
    + _LETTER + b".\r\nRSET\r\nVRFY bob\r\nHELP\r\nQUIT\r\n"
_SUBMIT = b"EHLO client.test\r\nAUTH PLAIN AGFubkBleGFtcGxlLnRlc3QAY29ycmVjdCBob3JzZQ==\r\nMAIL FROM:<ann@example.test>\r\n" \
    b"RCPT TO:<bob@example.test>\r\nDATA\r\n" + _LETTER + b".\r\nAUTH LOGIN\r\nYW5u\r\nAAAA\r\nQUIT\r\n"
_IMAP = b"a LOGIN ann@example.test \"correct horse\"\r\nb SELECT INBOX\r\nc FETCH 1:* (FLAGS ENVELOPE BODYSTRUCTURE " \
    b"BODY.PEEK[HEADER.FIELDS (SUBJECT)] BODY[]<0.100>)\r\n"
DIALOGUES = {
    "mx": [_SMTP, b"HELO x\r\nMAIL FROM:<>\r\nRCPT TO:<postmaster>\r\nDATA\r\n.\r\nQUIT\r\n"],
    "submission": [_SUBMIT],
    "lmtp": [_SMTP.replace(b"EHLO", b"LHLO"), b"LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<ann@example.test>\r\n"
             b"RCPT TO:<bob@example.test>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n"],
    "imap": [_IMAP + b"d STORE 1 +FLAGS (\\Seen k)\r\ne UID SEARCH OR (FROM a) NOT SUBJECT {1+}\r\nx SINCE 1-Jan-2020\r\n"
             b"f COPY 1 INBOX\r\ng UID MOVE 1:* Trash\r\nh EXPUNGE\r\ni LOGOUT\r\n",
             _IMAP + b"d APPEND INBOX (\\Seen) \"01-Jan-2020 00:00:00 +0000\" {%d+}\r\n" % len(_LETTER) + _LETTER
             + b"\r\ne CREATE a/b\r\nf RENAME a c\r\ng LIST (SUBSCRIBED) \"\" (\"*\" %) RETURN (STATUS (MESSAGES))\r\n"
             b"h STATUS INBOX (MESSAGES UIDNEXT)\r\ni DELETE c/b\r\nj IDLE\r\nDONE\r\nk LOGOUT\r\n"],
    "pop3": [b"CAPA\r\nUSER bob@example.test\r\nPASS correct horse\r\nSTAT\r\nLIST\r\nUIDL\r\nTOP 1 5\r\nRETR 1\r\nDELE 1\r\n"
             b"RSET\r\nNOOP\r\nQUIT\r\n",
             b"AUTH PLAIN\r\nAGFubkBleGFtcGxlLnRlc3QAY29ycmVjdCBob3JzZQ==\r\nLIST 1\r\nUIDL 1\r\nQUIT\r\n"],
}
