identification division.
program-id. doubling.
environment division.
input-output section.
file-control.
    select tallies assign to "/tmp/numbers" organization is line sequential.
data division.
file section.
fd tallies.
01 entry-line pic 9(4).
working-storage section.
01 word pic x(40).
01 today pic 9(8).
01 total pic 9(4) value 0.
01 shown pic z(3)9.
01 chance pic 9v9(6).
procedure division.
    accept word from sysin
    accept today from date yyyymmdd
    compute chance = function random(1)
    if today < 20200101 or chance >= 1 stop run returning 1 end-if
    open output tallies
    move 21 to entry-line
    write entry-line
    close tallies
    open input tallies
    read tallies
    add entry-line entry-line giving total
    close tallies
    move total to shown
    display function trim(word) " " function trim(shown)
    stop run.
