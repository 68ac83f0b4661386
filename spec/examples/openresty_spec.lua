-- examples/openresty as its first lines say: started, fed by curl's requests, asked.

local socket = require "socket"

describe("the example openresty", function()
  local port, pid, log
  setup(function()
    local listener = assert(socket.bind("127.0.0.1", 0))
    port = select(2, listener:getsockname())
    listener:close()
    log = os.tmpname()
    local pipe = io.popen(("LD_PRELOAD= examples/openresty/run %d >%s 2>&1 & echo $!"):format(port, log))
    pid = pipe:read("*l")
    pipe:close()
    for _ = 1, 100 do
      local connection = socket.connect("127.0.0.1", port)
      if connection then
        connection:close()
        return
      end
      socket.sleep(0.1)
    end
    error("it did not start: " .. io.open(log):read("*a"))
  end)
  teardown(function()
    -- TERM: the shell has its background processes ignore INT.
    os.execute("kill -TERM " .. pid .. " 2>/dev/null; while kill -0 " .. pid .. " 2>/dev/null; do sleep 0.1; done")
    os.remove(log)
  end)

  local function ask(method, path, body)
    local connection = assert(socket.connect("127.0.0.1", port))
    connection:settimeout(10)
    connection:send(("%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"):format(
      method, path, #(body or ""), body or ""))
    local text = connection:receive("*a")
    connection:close()
    return text
  end

  it("stores through Lua and through the proxy, and is told by callbacks", function()
    local text = ask("PUT", "/upload/dir/a.txt", ("x"):rep(1000000))
    assert.truthy(text:find("stored dir/a.txt, ETag ", 1, true), text .. io.open(log):read("*a"))
    assert.truthy(text:find('the callback said {', 1, true), text)
    text = ask("PUT", "/files/b.txt", "12345")
    assert.truthy(text:find("^HTTP/1.1 200 "), text)
    assert.truthy(text:find('"object":"b.txt"', 1, true), text)
    text = ask("GET", "/files/b.txt")
    assert.truthy(text:find("\r\n\r\n12345", 1, true), text)
    text = ask("GET", "/stored")
    assert.truthy(text:find("dir/a.txt\t1000000\n", 1, true), text)
    assert.truthy(text:find("b.txt\t5\n", 1, true), text)
  end)

  it("refuses callbacks that OSS did not send", function()
    local text = ask("POST", "/oss-callback", "{}")
    assert.truthy(text:find("^HTTP/1.1 400 "), text)
    assert.truthy(text:find("SignatureMissing", 1, true), text)
  end)
end)
