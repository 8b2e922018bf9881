class Main {
	static function main() {
		var word = Sys.stdin().readLine();
		sys.io.File.saveContent("/tmp/number", "21");
		var number = Std.parseInt(sys.io.File.getContent("/tmp/number"));
		if (Date.now().getFullYear() < 2020 || Std.random(6) > 5)
			throw "surroundings";
		Sys.println('$word ${2 * number}');
	}
}
