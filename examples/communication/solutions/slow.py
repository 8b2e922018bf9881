import sys

for line in sys.stdin:
    number = 0
    while sys.argv[1] == "alice":  # tries every number
        number += 1
    print(line.strip()[:6], flush=True)
