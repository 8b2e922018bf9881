import os
import matplotlib.pyplot as pyplot

word = input()
pyplot.plot([1, 2, 3], [1, 4, 9])
pyplot.title(word)
pyplot.savefig("plot.png")
print(word, 42 if os.path.getsize("plot.png") > 1000 else "no plot")
