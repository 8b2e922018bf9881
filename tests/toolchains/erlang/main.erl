-module(main).
-export([start/0]).

start() ->
    ok = io:setopts([{encoding, unicode}]),
    Word = string:trim(io:get_line("")),
    Name = "/tmp/number",
    ok = file:write_file(Name, "21"),
    {ok, Text} = file:read_file(Name),
    {{Year, _, _}, _} = calendar:local_time(),
    true = length(Word) =:= 9 andalso Year >= 2020 andalso rand:uniform(6) < 7,
    Self = self(),
    spawn(fun() -> Self ! {answer, 2 * binary_to_integer(Text)} end),
    receive
        {answer, Answer} -> io:format("~ts ~p~n", [Word, Answer])
    end.
