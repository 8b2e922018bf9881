my $word = get;
my $file = $*TMPDIR.add("number");
$file.spurt("21");
my $number = $file.slurp.Int;
die "surroundings" unless $word.chars == 9 && Date.today.year >= 2020 && 6.rand < 6;
say "$word {await start { 2 * $number }}";
