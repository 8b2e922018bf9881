fun main () =
    let
        val word = valOf (TextIO.inputLine TextIO.stdIn)
        val name = OS.FileSys.tmpName ()
        val file = TextIO.openOut name
        val _ = TextIO.output (file, "21")
        val _ = TextIO.closeOut file
        val number = valOf (Int.fromString (TextIO.inputAll (TextIO.openIn name)))
        val _ = if Date.year (Date.fromTimeLocal (Time.now ())) < 2020 then OS.Process.exit OS.Process.failure else ()
    in
        print (String.substring (word, 0, size word - 1) ^ " " ^ Int.toString (2 * number) ^ "\n")
    end
