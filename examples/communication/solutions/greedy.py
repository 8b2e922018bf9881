import sys

for line in sys.stdin:
    if sys.argv[1] == "bob":
        everything = bytearray(512 << 20)  # a table of all words
        everything[:] = b"x" * len(everything)
    print(line.strip()[:6], flush=True)
