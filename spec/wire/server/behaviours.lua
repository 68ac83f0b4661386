-- What the server does when it is asked for /NAME. Each takes the request and its connection.

local net = require "spec.wire.server.net"

local M = {}

-- ---- good manners

--- The body comes back.
function M.echo(request)
  request:answer(request:number("status", 200), request:body())
end

--- The head of the request comes back.
function M.head(request)
  request:body()
  request:answer(200, table.concat(request.lines, "\n"))
end

--- How much was asked of the server so far.
function M.stats(request)
  local list = {}
  for name, value in pairs(request.stats) do
    list[#list + 1] = name .. "=" .. value
  end
  request:answer(200, table.concat(list, " "))
end

--- An answer of the given status, head and body.
function M.answer(request)
  request:body()
  request:answer(request:number("status", 200), request.query.body or "", request.query.head)
end

--- An answer of n bytes.
function M.large(request)
  request:body()
  request:answer(request:number("status", 200), ("0123456789abcdef"):rep(request:number("n", 1) // 16))
end

--- An answer after a while.
function M.slow(request)
  request:body()
  net.sleep(request:number("seconds", 0.2))
  request:answer(200, "slow")
end

--- Chunks with extensions, and a trailer.
function M.chunked(request, conn)
  request:body()
  conn:write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Before: 1\r\n\r\n")
  conn:write("4;a=b\r\nwiki\r\n")
  net.sleep(0.01)
  conn:write("5\r\npedia\r\n0\r\nX-Trailer: 1\r\n\r\n")
end

--- An answer of n bytes, each a chunk of its own.
function M.crumbs(request, conn)
  request:body()
  conn:write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
  conn:write(("1\r\nx\r\n"):rep(request:number("n", 1)) .. "0\r\n\r\n")
end

--- Chunks, although there is a length too.
function M.two_lengths(request, conn)
  request:body()
  conn:write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n")
end

--- An answer whose end is the end of the connection.
function M.until_close(request, conn)
  request:body()
  conn:write("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it")
  net.close()
end

--- Several 1xx answers before the real one.
function M.informed(request, conn)
  conn:write("HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\n")
  request:body()
  conn:write("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nX-Early: 2\r\n\r\n")
  request:answer(200, "informed", "X-Late: 1\r\n")
end

-- ---- Expect: 100-continue

--- Waits for the body only when it is let in.
function M.expect(request, conn)
  if request.headers.expect then
    net.sleep(request:number("seconds", 0))
    conn:write("HTTP/1.1 100 Continue\r\n\r\n")
  end
  local body = request:body()
  request:answer(200, (request.headers.expect or "none") .. " " .. #body)
end

--- Refuses what is expected; without an expectation takes the body.
function M.refuse(request)
  if request.headers.expect then
    request:answer(request:number("status", 417), "no")
    if request:number("status", 417) ~= 417 then
      net.close()
    end
    return
  end
  request:answer(200, "taken " .. #request:body())
end

-- ---- answers before their time

--- Answers at once; reads on when asked to, else closes on unread bytes.
function M.early(request, conn)
  request:answer(request:number("status", 403), "early", "Connection: close\r\n")
  if request.query.drain then
    conn:drain()
  else
    net.sleep(0.05)
  end
  net.close()
end

--- Refuses at once, and keeps the connection for what follows the body.
function M.early_kept(request)
  request:answer(403, "early")
  request:body()
end

-- ---- closing

--- No answer: closes at the head, in the body or after it, with a FIN or a RST.
function M.vanish(request, conn)
  local at = request.query.at or "answer"
  if at == "body" then
    conn:bytes(request:number("n", 1))
  elseif at == "answer" then
    request:body()
  end
  if request.query.reset then
    conn:reset()
  end
  net.close()
end

--- Answers, and vanishes when the next request on this connection is complete.
function M.stale(request, conn)
  if conn.stale then
    if conn.stale == "head" then
      conn:reset()
    end
    request:body()
    net.close()
  end
  request:body()
  conn.stale = request.query.at or "answer"
  request:answer(200, "fresh")
end

--- Answers and closes at once, although it promised to keep the connection.
function M.closing(request)
  request:body()
  request:answer(200, "bye")
  net.close()
end

--- Answers, and once more without being asked.
function M.surplus(request, conn)
  request:body()
  conn:write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
end

-- ---- hanging

--- Reads the request and never answers.
function M.silent(request, conn)
  request:body()
  conn:drain()
end

--- Never reads the body.
function M.deaf(_, conn)
  while conn do
    net.sleep(0.1)
  end
end

--- Half an answer, then nothing.
function M.stall(request, conn)
  request:body()
  conn:write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
  conn:drain()
end

--- An answer that comes byte by byte.
function M.drip(request, conn)
  request:body()
  local n = request:number("n", 5)
  conn:write("HTTP/1.1 200 OK\r\nContent-Length: " .. n .. "\r\n\r\n")
  for _ = 1, n do
    net.sleep(request:number("seconds", 0.05))
    conn:write(".")
  end
end

-- ---- broken answers

local raw = {
  cut_body = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nnot a hundred",
  cut_chunk = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\nshort",
  cut_chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n",
  bad_chunk = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nshort\r\n",
  cut_head = "HTTP/1.1 200 OK\r\nContent-Le",
  cut_lines = "HTTP/1.1 200 OK\r\nServer: x\r\n",
  only_continue = "HTTP/1.1 100 Continue\r\n\r\n",
  no_http = "SSH-2.0-OpenSSH_9.2\r\n",
  noise = "\1\2\3\255\254\r\n\r\n\0\0",
  bad_status = "HTTP/1.1 abc\r\nContent-Length: 0\r\n\r\n",
  low_status = "HTTP/1.1 000 Zero\r\nContent-Length: 0\r\n\r\n",
  nul_header = "HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 0\r\n\r\n",
  bad_length = "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
  negative_length = "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
  no_colon = "HTTP/1.1 200 OK\r\nno colon here\r\nContent-Length: 0\r\n\r\n",
  odd_headers = "HTTP/1.1 200 OK\r\nX-Fold: a\r\n  b\r\n: no name\r\nbad name: x\r\n"
    .. "X-Empty:\r\nX-Two: 1\r\nx-two: 2\r\nX-Space: \t  a b  \r\nContent-Length: 2\r\n\r\nok",
  mixed_ends = "HTTP/1.1 200 OK\r\nX-A: 1\nContent-Length: 9\n\r\none\r\n\r\nto",
}

--- Sends one of the texts above and closes.
function M.raw(request, conn)
  request:body()
  conn:write(raw[request.query.what])
  net.sleep(0.05)
  net.close()
end

--- Headers without end: many lines, or one line.
function M.flood(request, conn)
  request:body()
  conn:write("HTTP/1.1 200 OK\r\n")
  local piece = request.query.line and ("x"):rep(4096) or ("X-Flood: " .. ("x"):rep(100) .. "\r\n"):rep(40)
  for _ = 1, 20000 do
    conn:write(piece)
  end
end

return M
