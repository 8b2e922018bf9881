use strict;
use warnings;
use utf8;
use open qw(:std :encoding(UTF-8));
use File::Temp;
use JSON::PP;
use POSIX qw(strftime);
use Unicode::Normalize;
use threads;

chomp(my $word = <STDIN>);
my $file = File::Temp->new;
print $file encode_json({ number => 21 });
close $file;
my $number = decode_json(`cat $file`)->{number};
die 'surroundings' unless length(NFC($word)) == 9 && $word =~ /^\w+$/ && strftime('%Y', localtime) >= 2020 && rand(6) < 6;
my $answer = threads->create(sub { 2 * $number })->join;
print "$word $answer\n";
