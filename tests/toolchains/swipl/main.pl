:- use_module(library(readutil)).
:- use_module(library(lists)).
:- use_module(library(random)).

:- dynamic amount/1.

main :-
    read_line_to_string(user_input, Word),
    tmp_file_stream(text, Name, Out),
    write(Out, 'amount(21).'),
    close(Out),
    consult(Name),
    amount(Number),
    string_length(Word, 9),
    get_time(Now),
    format_time(atom(Year), '%Y', Now),
    atom_number(Year, Y),
    Y >= 2020,
    random_between(1, 6, Die),
    Die < 7,
    thread_self(Self),
    thread_create((Answer is 2 * Number, thread_send_message(Self, Answer)), Id),
    thread_join(Id),
    thread_get_message(Result),
    format("~w ~w~n", [Word, Result]).
