local options = require "oss.options"

describe("options", function()
  it("accepts what is declared", function()
    assert.is_nil(options.check("put", { bucket = "b", key = "k", body = "", timeout = 0.5,
      content_md5 = true, meta = {}, on_progress = function() end }))
    assert.is_nil(options.check("client", { region = "cn-hangzhou", accelerate = "overseas" }))
  end)

  local cases = {
    { "a misspelt name", "put", { bukcet = "b" }, "unknown option 'bukcet'; did you mean 'bucket'?" },
    { "another style of name", "put", { contentType = "a/b" }, "did you mean 'content_type'?" },
    { "a far name, with the list", "delete", { zzzzzz = 1 }, "valid: answer_timeout, attempts, " },
    { "a client's option", "put", { region = "x" }, "option 'region' belongs to oss.client{}" },
    { "a position", "put", { "b" }, "options are named, got 1 as a name" },
    { "a wrong type", "put", { bucket = 5 }, "option 'bucket' must be a string, got 5" },
    { "a string for a number", "upload", { part_size = "8MB" }, "0 or more, got the string '8MB'" },
    { "a boolean", "put", { bucket = true }, "must be a string, got true" },
    { "a long string", "put", { on_progress = ("a\n"):rep(50) }, "string '" .. ("a?"):rep(20) .. "'..." },
    { "two types", "put", { expires = {} }, "must be a string or a whole number above 0, got table" },
    { "a negative time", "put", { timeout = -1 }, "must be a number of seconds above 0, got -1" },
    { "an endless time", "put", { timeout = math.huge }, "must be a number of seconds above 0" },
    { "a broken size", "put", { length = 1.5 }, "must be a whole number of bytes, 0 or more, got 1.5" },
    { "a value outside the list", "put", { acl = "public" }, "must be one of default, private, public-read, "
      .. "public-read-write, got 'public'" },
    { "no table", "put", "text", "a table of options is expected, got string" },
    { "put's option at get", "get", { acl = "private" }, "get: option 'acl' belongs to client:put{}" },
    { "an operation's option at a client", "client", { timeout = 5 },
      "client: option 'timeout' belongs to client:put{}" },
    { "upload's option at put", "put", { threshold = 5 }, "put: option 'threshold' belongs to client:upload{}" },
  }
  for _, case in ipairs(cases) do
    it("refuses " .. case[1], function()
      local message = options.check(case[2], case[3])
      assert.truthy(message and message:find(case[4], 1, true), message)
      assert.truthy(message:find(case[2], 1, true))
    end)
  end

  it("shows no secret of the wrong type", function()
    for name, value in pairs { access_key_secret = 12345, credentials = "12345" } do
      local message = options.check("client", { [name] = value })
      assert.truthy(message:find(", got " .. type(value), 1, true), message)
      assert.is_nil(message:find("12345", 1, true))
    end
  end)

  it("splits the client's from the operation's", function()
    local mine, rest = options.split { region = "r", bucket = "b", typo = 1 }
    assert.same({ region = "r" }, mine)
    assert.same({ bucket = "b", typo = 1 }, rest)
  end)
end)
