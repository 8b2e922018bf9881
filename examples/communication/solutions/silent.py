import sys

for line in sys.stdin:  # never flushed, so that nobody hears it
    print(line.strip()[:6])
    sys.stdin.read()
