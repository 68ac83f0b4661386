local files = require "oss.common.files"
local log = require "oss.common.log"
local nearest = require "oss.common.nearest"
local protect = require "oss.common.protect"
local threads = require "oss.common.threads"

describe("nearest name", function()
  local names = { "bucket", "body", "key", "content_type" }
  local cases = { { "buket", "bucket" }, { "bcuket", "bucket" }, { "Bucket", "bucket" }, { "kye", "key" },
    { "contentType", "content_type" }, { "content-type", "content_type" }, { "zebra", nil } }
  for _, case in ipairs(cases) do
    it(case[1] .. " -> " .. tostring(case[2]), function()
      assert.equal(case[2], nearest.of(case[1], names))
    end)
  end
end)

describe("log", function()
  it("passes what is important enough", function()
    local lines = {}
    local write, wants = log.new(function(level, message)
      lines[#lines + 1] = level .. " " .. message
    end, "warn")
    write("info", "no")
    write("warn", "%s %d", "yes", 1)
    write("error", "100%")
    assert.same({ "warn yes 1", "error 100%" }, lines)
    assert.is_false(wants("info"))
    assert.is_true(wants("error"))
  end)

  it("is silent without a handler", function()
    local write, wants = log.new(nil, "debug")
    write("error", "nothing")
    assert.is_false(wants("error"))
  end)

  it("masks signatures and tokens in URLs", function()
    assert.equal("https://b.h/k?x-oss-date=1&x-oss-signature=***&x-oss-security-token=***&a=b",
      log.mask_url("https://b.h/k?x-oss-date=1&x-oss-signature=abc&x-oss-security-token=tok&a=b"))
    assert.equal("http://h/k?OSSAccessKeyId=id&Signature=***&security-token=***",
      log.mask_url("http://h/k?OSSAccessKeyId=id&Signature=a%2B&security-token=t"))
    assert.equal("http://***@proxy:3128", log.mask_url("http://user:password@proxy:3128"))
  end)

  it("masks secret headers whatever their case", function()
    assert.equal("AUTHORIZATION: ***\r\nX-Oss-Security-Token: ***\r\nx-oss-date: 1\r\n",
      log.mask_head("AUTHORIZATION: OSS a:b\r\nX-Oss-Security-Token:tok\r\nx-oss-date: 1\r\n"))
  end)
end)

describe("protect", function()
  it("returns what the handler returns, nils included", function()
    assert.same({ n = 4, true, 1, nil, 3 }, (function(...)
      return { n = select("#", ...), ... }
    end)(protect(function(a, b, c) return a, b, c end, 1, nil, 3)))
  end)

  it("catches what it raises", function()
    local value = {}
    local ok, caught = protect(function() error(value) end)
    assert.is_false(ok)
    assert.equal(value, caught)
  end)

  it("lets it yield to the caller's coroutine", function()
    local thread = coroutine.wrap(function()
      return protect(function(first)
        local second = coroutine.yield(first + 1)
        local third = coroutine.yield(second + 1)
        return "end", third
      end, 1)
    end)
    assert.equal(2, thread())
    assert.equal(11, thread(10))
    assert.same({ true, "end", 20 }, { thread(20) })
  end)
end)

describe("files", function()
  local path

  before_each(function()
    path = os.tmpname()
  end)

  after_each(function()
    os.remove(path)
  end)

  it("are read and written byte for byte", function()
    local text = "a\r\n\0\255\n"
    assert.is_true(files.write(path, text))
    assert.equal(text, files.read(path))
    assert.equal(1, select("#", files.read(path)))
    assert.is_true(files.write(path, ""))
    assert.equal("", files.read(path))
  end)

  it("that cannot be read or written are told", function()
    local missing = path .. "-missing/file"
    for _, result in ipairs {
      { files.read(missing) }, { files.read(path:match("^(.*)/")) }, { files.write(missing, "x") },
      { files.write("/dev/full", "x") }, { files.replace(missing, "x") },
    } do
      assert.is_nil(result[1])
      assert.is_string(result[2])
    end
  end)

  it("are replaced, and nothing is left beside them", function()
    assert.is_true(files.replace(path, "old"))
    assert.is_true(files.replace(path, "new"))
    assert.equal("new", files.read(path))
    assert.is_nil(files.read(path .. ".new"))
  end)

  it("stay as they were when they cannot be replaced", function()
    files.write(path, "old")
    assert(os.execute("ln -s /dev/full " .. path .. ".new"))
    assert.is_nil(files.replace(path, "new"))
    assert.equal("old", files.read(path))
    assert.is_nil(io.open(path .. ".new"))
    local folder = path .. "-folder"
    os.execute("mkdir -p " .. folder .. "/full")
    assert.is_nil(files.replace(folder, "new"))
    assert.is_nil(files.read(folder .. ".new"))
    os.execute("rm -r " .. folder)
  end)
end)

describe("a coroutine of an operation", function()
  local pool = threads.new()

  local function run(op, work, answer)
    local thread = pool:take()
    local ok, kind, what = coroutine.resume(thread, op, work)
    if kind == "ask" then
      assert.equal("question", what)
      ok, kind = coroutine.resume(thread, answer)
    end
    if ok then
      assert.equal("end", kind)
      pool:give(thread)
    end
    return thread, ok
  end

  it("serves one after the other", function()
    local a, b = {}, {}
    local first = run(a, function() return coroutine.yield("ask", "question") end, "answer")
    local second = run(b, function(op) return nil, op end)
    assert.equal("answer", a.result)
    assert.is_nil(b.result)
    assert.equal(b, b.err)
    assert.equal(first, second)
    assert.are_not.equal(pool:take(), pool:take())
  end)

  it("keeps nothing of it", function()
    local kept = setmetatable({}, { __mode = "v" })
    do
      local op = { big = {} }
      kept[1], kept[2] = op, op.big
      run(op, function(self) return self.big, {} end)
    end
    collectgarbage()
    collectgarbage()
    assert.is_nil(kept[1])
    assert.is_nil(kept[2])
  end)

  it("is not used again once it has raised", function()
    local thread, ok = run({}, function() error("oops") end)
    assert.is_false(ok)
    assert.are_not.equal(thread, (run({}, function() end)))
  end)
end)
