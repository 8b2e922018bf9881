import sys

input()
if sys.argv[1] == "alice":
    sys.exit(3)
