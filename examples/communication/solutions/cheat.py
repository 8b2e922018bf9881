import sys

for line in sys.stdin:  # a word as long as it takes
    print(line.strip(), flush=True)
