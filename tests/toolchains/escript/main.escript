#!/usr/bin/env escript
%% -*- coding: utf-8 -*-
main(_) ->
    io:setopts([{encoding, unicode}]),
    Word = string:trim(io:get_line("")),
    "42\n" = os:cmd("echo 42"),
    io:format("~ts ~p~n", [Word, 42]).
