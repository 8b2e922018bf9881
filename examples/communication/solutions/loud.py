import sys

input()
while sys.argv[1] == "alice":  # the manager takes one word, and the pipe what it can
    print("a" * 6)
sys.stdin.read()
