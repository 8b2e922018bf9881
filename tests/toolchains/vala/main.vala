int main () {
    Intl.setlocale ();
    string word = stdin.read_line ();
    FileIOStream stream;
    int number = 0;
    try {
        var file = File.new_tmp ("numberXXXXXX", out stream);
        stream.output_stream.write ("21".data);
        stream.close ();
        uint8[] content;
        file.load_contents (null, out content, null);
        number = int.parse ((string) content);
    } catch (Error error) {
        stderr.printf ("%s\n", error.message);
        return 1;
    }
    if (word.char_count () != 9 || new DateTime.now_local ().get_year () < 2020 || Random.int_range (0, 6) > 5)
        return 2;
    var thread = new Thread<int> ("twice", () => 2 * number);
    stdout.printf ("%s %d\n", word, thread.join ());
    return 0;
}
