"""Gives Alice each number, passes her word on to Bob, and looks at his answer. Ends with 0 if all is right, 1 if a solution is wrong."""
import os
import sys

LONGEST_WORD = 6
to_alice, from_alice = os.fdopen(3, "w"), os.fdopen(4, errors="replace")
to_bob, from_bob = os.fdopen(5, "w"), os.fdopen(6, errors="replace")


def wrong(why):
    print(why, file=sys.stderr)
    os._exit(1)  # what is still to be written is for nobody


def tell(pipe, text):
    try:
        print(text, file=pipe, flush=True)
    except BrokenPipeError:
        wrong("a solution ended too early")


def hear(pipe, who):
    line = pipe.readline(100)  # never more than that, whatever a solution writes
    if not line.endswith("\n"):
        wrong(f"{who} said nothing more, or too much")
    return line[:-1]


for number in sys.stdin.read().split():
    tell(to_alice, number)
    word = hear(from_alice, "Alice")
    if len(word) > LONGEST_WORD or not word.isascii() or not word.isalnum():
        wrong("Alice's word is not one to six letters and digits")
    tell(to_bob, word)
    if hear(from_bob, "Bob") != number:
        wrong("Bob's number is another one")
