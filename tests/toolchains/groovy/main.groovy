def word = System.in.newReader().readLine()
def file = File.createTempFile('number', '')
file.text = '21'
def number = file.text as int
assert word.size() == 9 && new Random().nextInt(6) < 6
Thread.start { number *= 2 }.join()
println "$word $number"
