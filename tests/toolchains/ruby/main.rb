require 'json'
require 'openssl'
require 'securerandom'
require 'tempfile'
require 'time'

word = gets.chomp
file = Tempfile.new('number')
file.write(JSON.dump('number' => 21))
file.close
number = JSON.parse(File.read(file.path))['number']
raise 'surroundings' unless word.length == 9 && Time.now.year >= 2020 && SecureRandom.rand(6) < 6 && Gem::Version.new('1')
reader, writer = IO.pipe
fork { writer.puts Thread.new { 2 * number }.value }
Process.wait
puts "#{word} #{reader.gets}"
