import numpy
import scipy.linalg

word = input()
numbers = numpy.random.default_rng().permutation(numpy.arange(1, 7))
matrix = numpy.eye(500) * numbers.sum()
solution = scipy.linalg.solve(matrix, numpy.full(500, 21.0 * 42))
print(word, round(float(solution[0])))
