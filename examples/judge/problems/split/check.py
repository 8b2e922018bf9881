# Is told the paths of the input, of what the submission printed, and of the answer, which this problem has none of. Exit codes are those of testlib: 0 is right, 1 wrong.
import sys


def wrong(why):
    print(why, file=sys.stderr)
    sys.exit(1)


def is_prime(number):
    return number > 1 and all(number % divisor for divisor in range(2, int(number**0.5) + 1))


with open(sys.argv[1]) as given, open(sys.argv[2], errors="replace") as printed:
    wanted = int(given.read())
    # Of what a submission printed nothing is certain, not even that it ends.
    words = printed.read(100).split()

if len(words) != 2 or not all(word.isascii() and word.isdigit() for word in words):
    wrong("two numbers are wanted")
first, second = map(int, words)
if first + second != wanted:
    wrong("the sum is another one")
if not is_prime(first) or not is_prime(second):
    wrong("one of them is no prime")
