# The right answer by a cubic way: the small cases are in time, the large ones are not.
input()
values = list(map(int, input().split()))
length = [1] * len(values)
for _ in values:
    for i, value in enumerate(values):
        for j in range(i):
            if values[j] < value and length[i] < length[j] + 1:
                length[i] = length[j] + 1
print(max(length))
