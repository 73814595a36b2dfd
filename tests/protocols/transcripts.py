"""Conversations in LMTP as they may be seen on a wire: what the client says and what it is told.

"C" is a line of the client's, "S" the server's answer to it, word for word.
"""

from __future__ import annotations

GREETING = "S 220 mx.example LMTP Poolhouse"
HELLO = """
C LHLO client.example
S 250-mx.example
S 250-PIPELINING
S 250-ENHANCEDSTATUSCODES
S 250-8BITMIME
S 250-SMTPUTF8
S 250 SIZE 1000
"""
MAIL = """
C MAIL FROM:<sender@elsewhere.example>
S 250 2.1.0 sender ok
"""
ANNA = """
C RCPT TO:<anna@pools.example>
S 250 2.1.5 recipient ok
"""
NOBODY = """
C RCPT TO:<nobody@pools.example>
S 550 5.1.1 no such recipient here
"""
DATA = """
C DATA
S 354 end with a period on a line of its own
"""
LETTER = """
C Subject: one
C
C ..two
C .
"""
KEPT = "\nS 250 2.1.5 kept\n"
QUIT = """
C QUIT
S 221 2.0.0 bye
"""

TRANSCRIPTS = {
    "one recipient": HELLO + MAIL + ANNA + DATA + LETTER + KEPT + QUIT,
    "an answer for each that was accepted, and for no other (RFC 2033 4.2)": (
        HELLO + MAIL + ANNA + NOBODY + ANNA + DATA + LETTER + KEPT + KEPT + QUIT
    ),
    "two messages in one conversation": HELLO + (MAIL + ANNA + DATA + LETTER + KEPT) * 2 + QUIT,
    "nobody is left: no message is begun (RFC 2033 4.2)": (
        HELLO + MAIL + NOBODY + "C DATA\nS 503 5.5.1 no valid recipients\n" + QUIT
    ),
    "this is not SMTP (RFC 2033 4.1)": (
        "C HELO client.example\nS 500 5.5.1 this is LMTP: say LHLO\n"
        "C EHLO client.example\nS 500 5.5.1 this is LMTP: say LHLO\n" + HELLO + QUIT
    ),
    "who says no name": "C LHLO\nS 501 5.5.4 say who you are\n" + QUIT,
    "mail before LHLO": "C MAIL FROM:<a@b.example>\nS 503 5.5.1 command out of place\n" + QUIT,
    "a recipient before the sender": HELLO
    + "C RCPT TO:<anna@pools.example>\nS 503 5.5.1 command out of place\n",
    "two senders": HELLO + MAIL + "C MAIL FROM:<a@b.example>\nS 503 5.5.1 command out of place\n",
    "DATA before anything": HELLO + "C DATA\nS 503 5.5.1 command out of place\n",
    "no case in commands": (
        HELLO.replace("LHLO", "lhlo")
        + MAIL.replace("MAIL FROM", "mail from")
        + ANNA.replace("RCPT TO", "Rcpt To")
    ),
    "the null sender": HELLO + "C MAIL FROM:<>\nS 250 2.1.0 sender ok\n" + ANNA + DATA + LETTER + KEPT,
    "the null recipient": HELLO
    + MAIL
    + "C RCPT TO:<>\nS 501 5.1.3 syntax: an address in angle brackets is wanted\n",
    "what stands behind a sender": (
        HELLO + "C MAIL FROM:<a@b.example> SIZE=999 BODY=8BITMIME SMTPUTF8\nS 250 2.1.0 sender ok\n" + ANNA
    ),
    "what may not stand there": (
        HELLO
        + "C MAIL FROM:<a@b.example> RET=FULL\nS 555 5.5.4 parameter not known\n"
        + "C MAIL FROM:<a@b.example> BODY=BINARYMIME\nS 555 5.5.4 parameter not known\n"
        + "C MAIL FROM:<a@b.example> SIZE=many\nS 501 5.5.4 SIZE is a number\n"
        + f"C MAIL FROM:<a@b.example> SIZE={'9' * 21}\nS 501 5.5.4 SIZE is a number\n"
        + MAIL
        + "C RCPT TO:<anna@pools.example> NOTIFY=NEVER\nS 555 5.5.4 parameter not known\n"
    ),
    "a message that is said to be too large": (
        HELLO + "C MAIL FROM:<a@b.example> SIZE=1001\nS 552 5.3.4 message too large\n" + MAIL
    ),
    "a message that is too large: each recipient is told, and the next is taken": (
        HELLO
        + MAIL
        + ANNA
        + ANNA
        + DATA
        + f"C {'x' * 2000}\nC .\n"
        + "S 552 5.3.4 message too large\n" * 2
        + (MAIL + ANNA + DATA + LETTER + KEPT)
    ),
    "what is no address": (
        HELLO
        + "".join(
            f"C MAIL FROM:{each}\nS 501 5.1.3 syntax: an address in angle brackets is wanted\n"
            for each in (
                "a@b.example",
                "<a@b.example",
                "<a b@c.example>",
                "<a\x07@b.example>",
                f"<{'a' * 321}>",
            )
        )
    ),
    "a quoted local part and a route": (
        HELLO
        + 'C MAIL FROM:<"a b>\\""@c.example>\nS 250 2.1.0 sender ok\n'
        + "C RCPT TO:<@hop.example:anna@pools.example>\nS 250 2.1.5 recipient ok\n"
    ),
    "an address in UTF-8 (RFC 6531)": HELLO + "C MAIL FROM:<zoë@b.example> SMTPUTF8\nS 250 2.1.0 sender ok\n",
    "too many recipients": (
        HELLO + MAIL + ANNA * 3 + "C RCPT TO:<anna@pools.example>\nS 452 4.5.3 too many recipients\n" + DATA
    ),
    "RSET takes everything back": (
        HELLO
        + MAIL
        + ANNA
        + "C RSET\nS 250 2.0.0 ok\nC DATA\nS 503 5.5.1 command out of place\n"
        + MAIL
        + ANNA
    ),
    "so does LHLO": HELLO + MAIL + ANNA + HELLO + "C DATA\nS 503 5.5.1 command out of place\n",
    "what is not done here": (
        HELLO
        + "C VRFY anna\nS 252 2.0.0 cannot verify, but will take mail for known users\nC NOOP all is well\n"
        + "S 250 2.0.0 ok\nC STARTTLS\nS 502 5.5.1 command not available\nC BDAT 5 LAST\n"
        + "S 502 5.5.1 command not available\nC AUTH PLAIN\nS 502 5.5.1 command not available\n"
        + "C BREW coffee\nS 500 5.5.1 command not known\nC \nS 500 5.5.1 command not known\n"
    ),
    "a bare end of a line ends no command": (
        HELLO
        + "C NOOP\nS 250 2.0.0 ok\n"
        + "C MAIL FROM:<a@b.example>\rRCPT\nS 555 5.5.4 parameter not known\n"
    ),
    "a line that is too long, and the next": (
        HELLO + f"C NOOP {'x' * 4092}\nS 500 5.5.2 line too long\n" + f"C NOOP {'x' * 4091}\nS 250 2.0.0 ok\n"
    ),
    "whoever errs on and on": (
        "C BREW\nS 500 5.5.1 command not known\n" * 20 + "S 421 4.7.0 too many errors, closing\nC NOOP\n"
    ),
    "nothing is heard after goodbye": QUIT + "C NOOP\n",
}
