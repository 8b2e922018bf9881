import std/[os, random, strutils, tempfiles, times, unicode]

proc twice(number: ptr int) {.thread.} = number[] *= 2

randomize()
let word = stdin.readLine
let (file, path) = createTempFile("number", "")
file.write("21")
file.close()
var number = readFile(path).parseInt
doAssert word.runeLen == 9 and now().year >= 2020 and rand(5) < 6
var thread: Thread[ptr int]
createThread(thread, twice, addr number)
joinThread(thread)
echo word, " ", number
