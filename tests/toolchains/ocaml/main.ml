let () =
  let word = read_line () in
  let name = Filename.temp_file "number" "" in
  let file = open_out name in
  output_string file "21";
  close_out file;
  let number = int_of_string (input_line (open_in name)) in
  let now = Unix.localtime (Unix.time ()) in
  Random.self_init ();
  assert (now.Unix.tm_year >= 120 && Random.int 6 < 6);
  let answer = ref 0 in
  Thread.join (Thread.create (fun () -> answer := 2 * number) ());
  Printf.printf "%s %d\n" word !answer
