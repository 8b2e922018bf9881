# Longest strictly increasing subsequence, O(n log n).
from bisect import bisect_left

input()
tails = []
for value in map(int, input().split()):
    at = bisect_left(tails, value)
    tails[at:at + 1] = [value]
print(len(tails))
