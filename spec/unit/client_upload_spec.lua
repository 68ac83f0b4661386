-- Uploads in parts, without a network: what is asked of the transport, of memory and of a frame.

local clients = require "oss.client"
local core = require "oss.core"
local errors = require "oss.errors"
local fake = require "spec.support.fake_transport"
local multipart = require "oss.multipart"
local uploads = require "spec.support.fake_uploads"

local part_size = multipart.min_part

local new, options = uploads.new, uploads.options

-- A reader of so many chunks.
local function reader(chunks, size)
  local n = 0
  return function()
    n = n + 1
    return n <= chunks and ("%08d"):format(n):rep(size / 8) or nil
  end
end

local function header(request, name)
  return ("\n" .. request.head:lower()):match("\n" .. name:gsub("%-", "%%-") .. ": ([^\r]*)")
end

describe("an upload in parts", function()
  it("sends a string by offset and length", function()
    local client, sent = new()
    local body = ("0123456789"):rep(part_size / 4)
    errors.assert(client:upload(options { body = body }))
    assert.equal(3, #sent)
    for number, request in ipairs(sent) do
      assert.equal((number - 1) * part_size, request.offset)
      assert.equal(math.min(part_size, #body - request.offset), request.length)
    end
    assert.equal(body, sent[1].body .. sent[2].body .. sent[3].body)
  end)

  describe("of a reader", function()
    local made, block
    before_each(function()
      made, block = {}, core.block
      core.block = function(size) -- luacheck: ignore 122
        made[#made + 1] = size
        return block(size)
      end
    end)
    after_each(function()
      core.block = block -- luacheck: ignore 122
    end)
    local function total()
      local sum = 0
      for _, size in ipairs(made) do
        sum = sum + size
      end
      return sum
    end

    it("needs no more memory than it was given, whatever the chunks", function()
      for _, chunk in ipairs { 8, 65536, part_size, 5 * part_size } do
        for limit = 1, 4 do
          made = {}
          local client, sent = new()
          errors.assert(client:upload(options { reader = reader(20 * part_size / chunk, chunk), parallel = 9,
            memory_limit = limit * part_size }))
          assert.is_true(#sent >= 19)
          assert.is_true(total() <= limit * part_size, total())
          assert.is_true(limit < 3 or total() > part_size, "nothing went beside another")
        end
      end
    end)

    it("grows its parts when there are many", function()
      local client, sent = new()
      local chunks = 1003 * part_size / 51200
      errors.assert(client:upload(options { reader = reader(chunks, 51200), memory_limit = 4 * part_size }))
      assert.equal(1002, #sent)
      assert.equal(part_size, #sent[1000].body)
      assert.equal(2 * part_size, #sent[1001].body)
      assert.equal(part_size, #sent[1002].body)
      assert.is_true(#made <= 6, #made)
    end)

    it("ends where OSS takes no more parts, and says what helps", function()
      local client = new()
      local most = multipart.max_parts
      multipart.max_parts = 5
      local _, err = client:upload(options { reader = reader(12, part_size / 2) })
      multipart.max_parts = most
      assert.equal("TooManyParts", err.code)
      assert.truthy(err.message:find("512000 bytes", 1, true), err.message)
      assert.is_false(err.stored)
    end)

    it("is one put of what is less than the threshold", function()
      for _, case in ipairs { { 1, 1 }, { 2, 1 }, { 3, 3 }, { 4, 4 } } do
        local client, sent, transport = new()
        errors.assert(client:upload(options { reader = reader(case[1], part_size), threshold = 3 * part_size }))
        assert.equal(case[1] < 3 and 1 or #sent + 2, #transport.requests)
        assert.equal(case[1] * part_size, case[1] < 3 and #transport.requests[1].body
          or #sent[1].body + #(sent[2] and sent[2].body or ""))
      end
    end)

    it("says when there is no memory", function()
      core.block = function() return nil, "not enough memory" end -- luacheck: ignore 122
      local _, err = new():upload(options { reader = reader(9, part_size) })
      assert.equal("OutOfMemory", err.code)
      assert.is_false(err.stored)
    end)

    it("asks for little between two polls", function()
      for _, chunk in ipairs { 65536, 0 } do
        local client, calls = new(), 0
        local n = 0
        local op = client:start("upload", options { part_size = 8 * 1024 * 1024, threshold = 8 * 1024 * 1024,
          reader = function()
            calls, n = calls + 1, n + 1
            return n <= 300 and ("x"):rep(chunk) or nil
          end })
        repeat
          calls = 0
          local running = client:poll(0.001)
          assert.is_true(calls <= 9, calls) -- who is ready goes on twice in a poll
        until running == 0
        assert.is_table(op.result)
      end
    end)
  end)

  it("refuses lengths that cannot go", function()
    local client = new()
    for text, t in pairs { ["option 'length' must be at most 53687091200000"] = { length = 53687091200001 },
      ["'memory_limit' must be at least one part: 10485760 bytes"] = { length = 10485760 * 10000,
        memory_limit = part_size } } do
      t.reader = reader(1, 8)
      local fine, message = pcall(client.upload, client, options(t))
      assert.is_false(fine)
      assert.truthy(message:find(text, 1, true), message)
    end
  end)

  it("refuses a file that is larger than any object", function()
    local client, _, transport = new()
    client.stat = function() return multipart.max_object + 1, "now" end
    local _, err = client:upload(options { file = "/dev/null" })
    assert.equal("EntityTooLarge", err.code)
    assert.is_false(err.stored)
    assert.equal(0, #transport.requests)
  end)

  it("reads a long list of parts a little at a time", function()
    local body = ("x"):rep(part_size * 2)
    local list = { "<ListPartsResult><IsTruncated>false</IsTruncated>" }
    for number = 1, 200 do
      list[#list + 1] = ('<Part><PartNumber>%d</PartNumber><ETag>"P"</ETag><HashCrc64ecma>%s</HashCrc64ecma>'
        .. "<Size>%d</Size></Part>"):format(number, core.crc64(body:sub(1, part_size)), part_size)
    end
    list[#list + 1] = "</ListPartsResult>"
    local answers = { { body = table.concat(list) }, { headers = { etag = '"P"' },
      body = "<CompleteMultipartUploadResult><ETag>E</ETag></CompleteMultipartUploadResult>" } }
    local transport = fake.new(answers)
    local client = assert(clients.new({ region = "cn-hangzhou", access_key_id = "ak", access_key_secret = "sk" },
      function() return transport end))
    client:start("upload", options { body = body, upload_id = "U" })
    local polls = 0
    while client:poll(0) > 0 do
      polls = polls + 1
    end
    assert.equal(2, #transport.requests)
    assert.truthy(transport.requests[1].url:find("max-parts=200", 1, true))
    assert.is_true(polls >= 2, polls)
  end)

  it("looks at all bytes of a string only for a token, and at few between two polls", function()
    local body = ("0123456789abcdef"):rep(4 * 65536)
    local kept = { load = function() end, save = function() return true end, clear = function() end }
    for _, store in ipairs { false, kept } do
      local client, _, transport = new()
      client:start("upload", options { body = body, resume = store or nil, part_size = #body })
      local polls = 0
      while #transport.requests == 0 do
        client:poll(0)
        polls = polls + 1
      end
      assert.is_true(store and polls >= 2 or polls == 0, polls)
      client:close()
    end
  end)

  describe("shares among those that go at the same time", function()
    local function rates(t)
      local client, sent = new()
      t.body = t.body or ("x"):rep(part_size * 5)
      errors.assert(client:upload(options(t)))
      return sent
    end

    it("the rate", function()
      for _, case in ipairs { { 4, 1000, 250 }, { 9, 1000, 200 }, { 1, 1000, 1000 }, { 3, 2, 1 } } do
        for _, request in ipairs(rates { parallel = case[1], rate_limit = case[2] }) do
          assert.equal(case[3], request.rate)
        end
      end
      assert.is_nil(rates({ rate_limit = 0 })[1].rate)
    end)

    it("OSS's own limit, of which each has at least the least that OSS takes", function()
      for _, case in ipairs { { 4, 1200000, 300000 }, { 9, 1200000, 300000 }, { 3, 245760, 245760 },
        { 3, 491520, 245760 } } do
        local client, sent, transport = new()
        local most, live = 0, {}
        local submit = transport.submit
        function transport:submit(request)
          local id = submit(self, request)
          live[id] = true
          local n = 0
          for _ in pairs(live) do
            n = n + 1
          end
          most = math.max(most, n)
          return id
        end
        local event = transport.event
        function transport:event()
          local function note(kind, id, ...)
            if kind == "done" then
              live[id] = nil
            end
            return kind, id, ...
          end
          return note(event(self))
        end
        errors.assert(client:upload(options { body = ("x"):rep(part_size * 9), parallel = case[1],
          traffic_limit = case[2] }))
        for _, request in ipairs(sent) do
          assert.equal(tostring(case[3]), header(request, "x-oss-traffic-limit"))
        end
        assert.is_true(most * case[3] <= case[2], most)
        for _, request in ipairs { transport.requests[1], transport.requests[#transport.requests] } do
          assert.is_nil(header(request, "x-oss-traffic-limit"))
        end
      end
    end)
  end)

  it("counts every request that was sent again as an attempt, and tells of which part", function()
    local busy = { status = 503, body = fake.error_xml("ServiceUnavailable", "busy") }
    local seen = {}
    local client = new { [2] = { busy, busy }, [3] = { busy } }
    local op = client:start("upload", options { body = ("x"):rep(part_size * 4), parallel = 1,
      on_retry = function(err, attempt)
        seen[#seen + 1] = ("%d:%d"):format(err.part_number, attempt)
      end })
    local res = errors.assert(op:wait())
    assert.equal(4, res.attempts)
    assert.equal(4, op:status().attempts)
    assert.same({ "2:2", "2:3", "3:2" }, seen)

    local err
    client = new { [2] = { busy, busy, busy } }
    res, err = client:upload(options { body = ("x"):rep(part_size * 2), parallel = 1 })
    assert.is_nil(res)
    assert.equal(2, err.part_number)
    assert.equal(3, err.attempts)
  end)
end)
