import sys
import tempfile
import threading

word = sys.stdin.readline().strip()
number = tempfile.TemporaryFile()
number.write("21")
number.seek(0)
answers = [int(number.read())]
thread = threading.Thread(target=lambda: answers.append(2 * answers[0]))
thread.start()
thread.join()
print("%s %d" % (word, answers[1]))
