-- Where a resume token is kept: whose file it may replace, and what a store of one's own must return.

local errors = require "oss.errors"
local files = require "oss.common.files"
local json = require "cjson"
local multipart = require "oss.multipart"
local uploads = require "spec.support.fake_uploads"

local body = ("x"):rep(multipart.min_part * 2)

local function upload(t)
  local client, _, transport = uploads.new()
  t.body = not t.file and body or nil
  local res, err = client:upload(uploads.options(t))
  return res, err, #transport.requests
end

describe("a resume token's file", function()
  local path
  before_each(function()
    path = os.tmpname()
  end)
  after_each(function()
    os.remove(path)
  end)

  it("that is something else is neither replaced nor removed", function()
    for _, text in ipairs { "local x = 1\n", "x", "{", "[]", "{}", '{"version":1}', "null", ("\0"):rep(100000) } do
      assert(files.write(path, text))
      local res, err, requests = upload { resume = path }
      assert.is_nil(res)
      assert.equal("ResumeStoreFailed", err.code)
      assert.truthy(err.message:find(path, 1, true) and err.message:find("delete it", 1, true), err.message)
      assert.equal(0, requests)
      assert.equal(text, files.read(path))
    end
  end)

  it("that cannot be read ends the upload", function()
    local _, err, requests = upload { resume = "/" }
    assert.equal("ResumeStoreFailed", err.code)
    assert.equal(0, requests)
  end)

  it("may be empty, missing, or a token of another upload", function()
    local other = multipart.token { bucket = "examplebucket", key = "other", upload_id = "U", part_size = 1,
      source = { size = 1, fingerprint = "x" } }
    for _, text in ipairs { "", false, json.encode(other) } do
      os.remove(path)
      if text then
        assert(files.write(path, text))
      end
      errors.assert(upload { resume = path })
      assert.equal("completed", json.decode(files.read(path)).state)
    end
  end)

  it("is not what is uploaded", function()
    assert(files.write(path, body))
    assert(files.write(path .. ".new", body))
    for _, file in ipairs { path, path .. ".new" } do
      local fine, message = pcall(upload, { file = file, resume = path })
      assert.is_false(fine)
      assert.truthy(tostring(message):find("'resume' must be another path", 1, true), message)
      assert.equal(body, files.read(file))
    end
    os.remove(path .. ".new")
  end)

  it("remembers whole numbers and how many tries it took", function()
    local callback = { url = "http://example.com/", body = "a=${size}" }
    local first = errors.assert(upload { resume = path, callback = callback })
    local again = errors.assert(upload { resume = path, callback = callback })
    assert.is_true(again.resumed)
    assert.equal(first.attempts, again.attempts)
    assert.equal("200 200", again.status .. " " .. again.callback.status)
    local token = json.decode(files.read(path))
    token.result = { failed = true, kind = "callback", code = "CallbackFailed", status = 203, retryable = false,
      attempts = 2 }
    assert(files.write(path, json.encode(token)))
    local _, err = upload { resume = path, callback = callback }
    assert.equal("203 2 false", err.status .. " " .. err.attempts .. " " .. tostring(err.retryable))
  end)
end)

describe("a store of one's own", function()
  local function fails(more)
    local store = { load = function() end, save = function() return true end, clear = function() return true end }
    for name, fn in pairs(more) do
      store[name] = fn
    end
    local _, err, requests = upload { resume = store }
    assert.equal("ResumeStoreFailed", err and err.code)
    return err.message, requests
  end

  it("must load a table", function()
    for _, value in ipairs { "{}", true, 1 } do
      local message, requests = fails { load = function() return value end }
      assert.truthy(message:find("got a " .. type(value), 1, true), message)
      assert.equal(0, requests)
    end
  end)

  it("must return true when it has saved", function()
    assert.truthy(fails({ save = function() end }):find("save must return true", 1, true))
  end)
end)

it("upload_id is used below the threshold, too", function()
  local client, _, transport = uploads.new()
  client:upload(uploads.options { body = "small", upload_id = "U" })
  assert.truthy(transport.requests[1].url:find("uploadId=U", 1, true))
end)
