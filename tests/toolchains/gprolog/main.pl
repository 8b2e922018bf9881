:- initialization(main).

main :-
    read_bytes(Codes),
    Answer is 2 * 21,
    randomize,
    random(1, 7, Die),
    Die < 7,
    put_bytes(Codes),
    format(" ~d~n", [Answer]),
    halt.

read_bytes(Codes) :-
    get_code(Code),
    (   (Code = 10 ; Code = -1) -> Codes = []
    ;   Codes = [Code|Rest], read_bytes(Rest)
    ).

put_bytes([]).
put_bytes([Code|Rest]) :- put_code(Code), put_bytes(Rest).
