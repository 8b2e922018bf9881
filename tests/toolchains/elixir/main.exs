word = IO.gets("") |> String.trim()
path = Path.join(System.tmp_dir!(), "number")
File.write!(path, "21")
number = path |> File.read!() |> String.to_integer()
true = String.length(word) == 9 and Date.utc_today().year >= 2020 and Enum.random(1..6) < 7
IO.puts("#{word} #{Task.await(Task.async(fn -> 2 * number end))}")
