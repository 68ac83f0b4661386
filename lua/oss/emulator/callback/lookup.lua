--- The system's own name resolution (/etc/hosts, resolv.conf, whatever it is set up to do), IPv4 only as OSS.
--
-- It blocks, so it runs in one of nginx's threads: `oss.emulator.callback.resolve` calls it there.

local ffi = require "ffi"

-- The two pointers stand the other way round outside Linux.
ffi.cdef([[
struct oss_addrinfo {
  int flags, family, socktype, protocol;
  uint32_t addrlen;
  ]] .. (ffi.os == "Linux" and "void *addr; char *canonname;" or "char *canonname; void *addr;") .. [[
  struct oss_addrinfo *next;
};
int getaddrinfo(const char *, const char *, const struct oss_addrinfo *, struct oss_addrinfo **);
void freeaddrinfo(struct oss_addrinfo *);
]])

local M = {}

local ipv4, stream = 2, 1

--- The first IPv4 address of a host.
-- @tparam string host
-- @treturn string|nil
function M.first(host)
  local hints = ffi.new("struct oss_addrinfo", { family = ipv4, socktype = stream })
  local found = ffi.new("struct oss_addrinfo *[1]")
  if ffi.C.getaddrinfo(host, nil, hints, found) ~= 0 then
    return nil
  end
  -- struct sockaddr_in: family and port take four bytes, then the address.
  local address = ffi.cast("const uint8_t *", found[0].addr) + 4
  local text = ("%d.%d.%d.%d"):format(address[0], address[1], address[2], address[3])
  ffi.C.freeaddrinfo(found[0])
  return text
end

return M
