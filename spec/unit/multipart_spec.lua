local core = require "oss.core"
local multipart = require "oss.multipart"
local json = require "cjson"

describe("a multipart plan", function()
  it("keeps the wanted size while 10,000 parts suffice", function()
    assert.equal(multipart.default_part, multipart.part_size(nil, nil))
    assert.equal(102400, multipart.part_size(102400 * 10000, 102400))
    local grown = multipart.part_size(102400 * 10000 + 1, 102400)
    assert.is_true(grown > 102400)
    assert.is_nil(multipart.part(10001, 102400 * 10000 + 1, grown))
    local mib = 1024 * 1024
    assert.equal(8 * mib, multipart.part_size(8000 * mib))
    assert.equal(9 * mib, multipart.part_size(8000 * mib + 1))
    assert.equal(8 * mib, multipart.part_size(80000 * mib, nil, true))
    assert.equal(9 * mib, multipart.part_size(80000 * mib + 1, nil, true))
    assert.equal(multipart.max_part, multipart.part_size(multipart.max_object))
    assert.equal(multipart.max_part, multipart.part_size(multipart.max_object, nil, true))
    local huge = 48 * 1024 * 1024 * 1024 * 1024
    assert.is_true(multipart.part_size(huge) <= multipart.max_part)
    assert.is_true(math.ceil(huge / multipart.part_size(huge)) <= 10000)
  end)

  it("covers every byte once", function()
    for _, size in ipairs { 0, 1, 9, 10, 11, 20, 95 } do
      local at = 0
      local i, part = 1, multipart.part(1, size, 10)
      repeat
        assert.equal(i, part.number)
        assert.equal(at, part.offset)
        assert.is_true(part.size == 10 or at + part.size == size)
        at, i = at + part.size, i + 1
        part = multipart.part(i, size, 10)
      until not part
      assert.equal(size, at)
      assert.is_nil(multipart.part(0, size, 10))
    end
  end)

  it("grows for a source of unknown size as far as memory allows", function()
    local mib = 1024 * 1024
    local function reach(part_size, memory)
      local sum, largest = 0, multipart.largest_growing(part_size, memory)
      for number = 1, multipart.max_parts do
        sum = sum + multipart.growing(number, part_size, largest)
      end
      return sum
    end
    assert.equal(8 * mib, multipart.growing(1000, 8 * mib, 64 * mib))
    assert.equal(16 * mib, multipart.growing(1001, 8 * mib, 64 * mib))
    assert.equal(64 * mib, multipart.growing(10000, 8 * mib, 64 * mib))
    assert.equal(504000 * mib, reach(8 * mib, 128 * mib)) -- 492 GiB, as README says
    assert.equal(10000 * 8 * mib, reach(8 * mib, 8 * mib))
    assert.equal(multipart.max_object, reach(multipart.max_part, 1024 * multipart.max_part))
  end)
end)

describe("a token", function()
  local size = multipart.min_part
  local source = { size = 2 * size, mtime = "1", fingerprint = "f" }
  local function token()
    local t = multipart.token { bucket = "b", key = "k", upload_id = "u", part_size = size, source = source }
    t.parts[1] = { number = 1, size = size, etag = "E", crc64 = "1" }
    return t
  end

  it("survives JSON", function()
    assert.is_true(multipart.fits(json.decode(json.encode(token())), "b", "k", source))
  end)

  local misfits = {
    { "another bucket", token(), "c", "k", source }, { "another key", token(), "b", "l", source },
    { "another size", token(), "b", "k", { size = 2 * size + 1, mtime = "1", fingerprint = "f" } },
    { "another content", token(), "b", "k", { size = 2 * size, mtime = "1", fingerprint = "g" } },
    { "no token", "text", "b", "k", source }, { "an empty table", {}, "b", "k", source },
    { "another version", (function() local t = token() t.version = 2 return t end)(), "b", "k", source },
    { "damaged parts", (function() local t = token() t.parts[1].etag = nil return t end)(), "b", "k", source },
  }
  it("that fits a source with another time is in doubt", function()
    local fits, doubt = multipart.fits(token(), "b", "k", { size = 2 * size, mtime = "2", fingerprint = "f" })
    assert.is_true(fits)
    assert.is_true(doubt)
  end)

  local inf, nan = math.huge, math.huge - math.huge
  for name, values in pairs { version = { 2 }, state = { "ended" }, upload_id = { 5 }, parts = { "no list" },
    source = { "no table" }, part_size = { "1", 0, -5, 10, size + 0.5, inf, nan, multipart.max_part + 1 } } do
    for _, value in ipairs(values) do
      local t = token()
      t[name] = value
      misfits[#misfits + 1] = { name .. " " .. tostring(value), t, "b", "k", source }
    end
  end
  for name, values in pairs { number = { 2.5, 0, -1, 3, 1e12, inf, nan, "1" }, size = { 5, -5, "1", nan },
    etag = { 5 }, crc64 = { 5, "", "abc", "-1", "18446744073709551616" } } do
    for _, value in ipairs(values) do
      local t = token()
      t.parts[1][name] = value
      misfits[#misfits + 1] = { "a part's " .. name .. " " .. tostring(value), t, "b", "k", source }
    end
  end
  for text, change in pairs {
    ["a part twice"] = function(t) t.parts[2] = t.parts[1] end,
    ["a list with a gap"] = function(t) t.parts[3] = t.parts[1] end,
    ["a part that is none"] = function(t) t.parts[2] = 5 end,
    ["a completed one without a result"] = function(t) t.state = "completed" end,
  } do
    local t = token()
    change(t)
    misfits[#misfits + 1] = { text, t, "b", "k", source }
  end
  for _, result in ipairs { { failed = true }, { failed = true, kind = 5, code = "C" }, { status = "200" },
    { etag = {} }, { ec = json.null }, { callback = "text" } } do
    local t = token()
    t.state, t.result = "completed", result
    misfits[#misfits + 1] = { "the result " .. json.encode(result), t, "b", "k", source }
  end
  it("that is completed fits with the outcome that it remembers", function()
    for _, result in ipairs { { etag = "E", status = 200, attempts = 1, callback = { status = 200, body = "{}" } },
      { failed = true, kind = "callback", code = "CallbackFailed", message = "no", status = 203,
        attempts = 2, retryable = false } } do
      local t = token()
      t.state, t.parts, t.result = "completed", {}, result
      assert.is_true(multipart.fits(json.decode(json.encode(t)), "b", "k", source))
    end
  end)

  local large = { size = (multipart.max_parts + 1) * size, mtime = "1", fingerprint = "f" }
  local t = token()
  t.source = large
  misfits[#misfits + 1] = { "too small parts", t, "b", "k", large }

  for _, case in ipairs(misfits) do
    it("does not fit " .. case[1], function()
      local fits, reason = multipart.fits(case[2], case[3], case[4], case[5])
      assert.is_false(fits)
      assert.is_string(reason)
    end)
  end
end)

describe("parts", function()
  it("have the CRC-64 of the whole, in any order", function()
    assert.equal(core.crc64("123456789"), multipart.crc64 {
      { number = 2, size = 5, crc64 = core.crc64("56789") }, { number = 1, size = 4, crc64 = core.crc64("1234") } })
  end)

  it("are completed in order", function()
    assert.equal('<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>"A"</ETag></Part>'
      .. '<Part><PartNumber>2</PartNumber><ETag>"B"</ETag></Part></CompleteMultipartUpload>',
      multipart.complete_body { { number = 2, etag = "B" }, { number = 1, etag = "A<" } })
    local parts, pauses = {}, 0
    for i = 1, 1000 do
      parts[i] = { number = i, size = 0, crc64 = "0", etag = "A" }
    end
    local function pause()
      pauses = pauses + 1
    end
    assert.equal("0", multipart.crc64(parts, pause))
    assert.equal(1000, select(2, multipart.complete_body(parts, pause):gsub("<Part>", "")))
    assert.is_true(pauses > 20)
  end)
end)
