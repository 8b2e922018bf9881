import sys

for line in sys.stdin:  # six digits of ten are enough for small numbers only
    print(line.strip()[:6], flush=True)
