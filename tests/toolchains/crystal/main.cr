require "json"

word = gets.not_nil!
file = File.tempfile("number") { |io| io.print %({ "number": 21 }) }
number = JSON.parse(File.read(file.path))["number"].as_i
raise "surroundings" unless word.size == 9 && Time.local.year >= 2020 && Random::Secure.rand(6) < 6
channel = Channel(Int32).new
2.times { spawn { channel.send number } }
puts "#{word} #{channel.receive + channel.receive}"
