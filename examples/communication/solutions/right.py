import sys

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"

for line in sys.stdin:
    if sys.argv[1] == "bob":
        print(int(line, 36), flush=True)
    else:
        number, word = int(line), ""
        while number or not word:
            number, digit = divmod(number, 36)
            word = DIGITS[digit] + word
        print(word, flush=True)
