# Talks to the submission on its standard streams; is told the paths of the input, of a file to write, and of the answer, which this problem has none of. Exit codes are those of
# testlib: 0 is right, 1 wrong.
import sys


def wrong(why):
    print(why, file=sys.stderr)
    sys.exit(1)


with open(sys.argv[1]) as given:
    n, secret = map(int, given.read().split())

try:
    print(n, flush=True)
    for _ in range(20):
        line = sys.stdin.readline(100).strip()
        if not (line.isascii() and line.isdigit()):
            wrong("a number is wanted")
        guess = int(line)
        print("right" if guess == secret else "higher" if guess < secret else "lower", flush=True)
        if guess == secret:
            break
    else:
        wrong("20 guesses were not enough")
except (BrokenPipeError, UnicodeDecodeError):
    # Nothing is to be written at the end, either.
    sys.stdout = None
    wrong("it does not listen")
