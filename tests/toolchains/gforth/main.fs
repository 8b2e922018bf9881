create word 100 allot
: main word 100 stdin read-line throw drop word swap type space 21 2 * 0 .r cr ;
main
