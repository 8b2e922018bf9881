# The right answer with a table of n times n numbers: the large cases do not fit.
input()
values = list(map(int, input().split()))
n = len(values)
table = [[1 + row + column for column in range(n)] for row in range(n)] if n > 500 else []
tails = []
for value in values:
    at = next((i for i, tail in enumerate(tails) if tail >= value), len(tails))
    tails[at:at + 1] = [value]
print(len(tails))
