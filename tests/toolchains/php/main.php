<?php
$word = trim(fgets(STDIN));
$file = tempnam(sys_get_temp_dir(), 'number');
file_put_contents($file, json_encode(['number' => 21]));
$number = json_decode(file_get_contents($file))->number;
$now = new DateTime('now', new DateTimeZone('Europe/Prague'));
if (preg_match('/^\w{9}$/u', $word) !== 1 || $now->format('Y') < 2020 || random_int(0, 5) > 5 || !ctype_alpha('a'))
    exit(1);
$doubled = (int) shell_exec("echo \$((2 * $number))");
file_put_contents('php://stdout', "$word $doubled\n");
