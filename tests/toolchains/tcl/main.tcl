gets stdin word
set file [file tempfile name]
puts $file 21
close $file
set number [exec cat $name]
if {[string length $word] != 9 || [clock format [clock seconds] -format %Y -timezone Europe/Prague] < 2020 || rand() >= 1} { exit 1 }
puts "$word [expr {2 * $number}]"
