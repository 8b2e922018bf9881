val word = valOf (TextIO.inputLine TextIO.stdIn);
print (String.substring (word, 0, size word - 1) ^ " " ^ Int.toString (2 * 21) ^ "\n");
OS.Process.exit OS.Process.success;
