--- What LuaJIT can ask the system for: a clock that only goes forward, and a file's time of change.

local ffi = require "ffi"

local M = {}

-- Under names of our own, so that declarations of others cannot clash with these.
pcall(ffi.cdef, [[
struct los_timespec { long s; long ns; };
int los_clock_gettime(int, struct los_timespec *) __asm__("clock_gettime");
struct los_statx_time { int64_t s; uint32_t ns; int32_t pad; };
struct los_statx {
  uint32_t mask, blksize; uint64_t attributes; uint32_t nlink, uid, gid; uint16_t mode, pad;
  uint64_t ino, size, blocks, attributes_mask;
  struct los_statx_time atime, btime, ctime, mtime;
  uint64_t rest[16];
};
int los_statx(int, const char *, int, unsigned, struct los_statx *) __asm__("statx");
]])

local clock_ids = { Linux = 1, OSX = 6, BSD = 4 }

--- Seconds of a clock that only goes forward, or nil where the system has none that we know.
M.now = nil

local id = clock_ids[jit.os]
local has_clock, time = pcall(ffi.new, "struct los_timespec")
if id and has_clock and pcall(function() return ffi.C.los_clock_gettime(id, time) end) then
  function M.now()
    ffi.C.los_clock_gettime(id, time)
    return tonumber(time.s) + tonumber(time.ns) * 1e-9
  end
end

local at_cwd, size_and_mtime, regular = -100, 0x240, 8

--- Size and time of change of a file, as `oss.curl.stat`. Nil where the system has no statx.
-- @tparam string path
-- @treturn integer|nil bytes
-- @treturn string time of change, to compare with another
function M.stat(path)
  local st = ffi.new("struct los_statx")
  if ffi.C.los_statx(at_cwd, path, 0, size_and_mtime, st) ~= 0 then
    return nil, path .. " cannot be read (errno " .. ffi.errno() .. ")"
  elseif math.floor(st.mode / 4096) ~= regular then
    return nil, path .. " is no regular file"
  end
  return tonumber(st.size), ("%.0f.%09d"):format(tonumber(st.mtime.s), st.mtime.ns)
end

if jit.os ~= "Linux" or not pcall(M.stat, "/") then
  M.stat = nil
end

return M
