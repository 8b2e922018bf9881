local ffi = require("ffi")
ffi.cdef("int getpid(void);")
local word = io.read()
local total = 0
for i = 1, 1000000 do total = total + i % 2 end
assert(ffi.C.getpid() > 0 and total == 500000)
local pipe = io.popen("echo 42")
print(word .. " " .. pipe:read("*l"))
