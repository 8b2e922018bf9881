set terminal png
set output 'plot.png'
set title 'žluťoučký'
plot sin(x)
