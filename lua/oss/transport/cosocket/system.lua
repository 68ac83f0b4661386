--- What LuaJIT can ask nginx and the system for: a clock that only goes forward, and a file's time of
-- change.

local ffi = require "ffi"

local M = {}

-- Under names of our own, so that declarations of others cannot clash with these.
pcall(ffi.cdef, [[
extern volatile uintptr_t los_current_msec __asm__("ngx_current_msec");
struct los_statx_time { int64_t s; uint32_t ns; int32_t pad; };
struct los_statx {
  uint32_t mask, blksize; uint64_t attributes; uint32_t nlink, uid, gid; uint16_t mode, pad;
  uint64_t ino, size, blocks, attributes_mask;
  struct los_statx_time atime, btime, ctime, mtime;
  uint64_t rest[16];
};
int los_statx(int, const char *, int, unsigned, struct los_statx *) __asm__("statx");
]])

local C = ffi.C

--- Seconds of the clock that nginx's timers go by. Like `ngx.now` it stands still until the event loop
-- turns; unlike it, it does not jump when somebody sets the time.
function M.now()
  return tonumber(C.los_current_msec) / 1000
end

if not pcall(M.now) then
  M.now = ngx.now
end

local at_cwd, size_and_mtime, regular = -100, 0x240, 8

--- Size and time of change of a file, as `oss.curl.stat`. Nil where the system has no statx.
-- @tparam string path
-- @treturn integer|nil bytes
-- @treturn string time of change, to compare with another
function M.stat(path)
  local st = ffi.new("struct los_statx")
  if C.los_statx(at_cwd, path, 0, size_and_mtime, st) ~= 0 then
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
