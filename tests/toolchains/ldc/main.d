import core.thread;
import std.conv, std.datetime, std.file, std.path, std.random, std.range, std.stdio, std.string;

void main()
{
    auto word = readln().chomp();
    auto path = buildPath(tempDir(), "number" ~ to!string(uniform(0, 1_000_000)));
    std.file.write(path, "21");
    int number = readText(path).to!int;
    assert(word.walkLength == 9 && Clock.currTime().year >= 2020);
    auto thread = new Thread({ number *= 2; });
    thread.start();
    thread.join();
    writeln(word, " ", number);
}
