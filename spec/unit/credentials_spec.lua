local credentials = require "oss.credentials"

local function call(f, ...)
  return pcall(f, ...)
end

describe("credentials", function()
  local function environment(values)
    return credentials.environment(function(name)
      return values[name]
    end)
  end

  it("come from the environment", function()
    assert.same({ access_key_id = "id", access_key_secret = "s" },
      environment { OSS_ACCESS_KEY_ID = "id", OSS_ACCESS_KEY_SECRET = "s", OSS_SESSION_TOKEN = "" }())
    assert.same({ access_key_id = "id", access_key_secret = "s", security_token = "t" },
      environment { ALIBABA_CLOUD_ACCESS_KEY_ID = "id", ALIBABA_CLOUD_ACCESS_KEY_SECRET = "s",
        ALIBABA_CLOUD_SECURITY_TOKEN = "t" }())
  end)

  it("say what the environment lacks", function()
    local _, message = environment { OSS_ACCESS_KEY_ID = "id" }()
    assert.equal("the environment has OSS_ACCESS_KEY_ID but no OSS_ACCESS_KEY_SECRET", message)
    _, message = environment {}()
    assert.truthy(message:find("OSS_ACCESS_KEY_ID", 1, true))
  end)

  local refusals = {
    { "half a pair", { access_key_id = "id" }, "'access_key_secret' is missing" },
    { "an empty secret", { access_key_id = "id", access_key_secret = "" }, "'access_key_secret' is missing" },
    { "a lone token", { security_token = "t" }, "'access_key_id' is missing" },
    { "both ways", { access_key_id = "id", credentials = {} }, "'credentials' excludes" },
    { "anonymous with keys", { anonymous = true, access_key_id = "id" }, "'anonymous' excludes" },
    { "a table without keys", { credentials = {} }, "option 'credentials': 'access_key_id' is missing" },
  }
  for _, case in ipairs(refusals) do
    it("refuse " .. case[1], function()
      local provider, message = credentials.choose(case[2])
      assert.is_nil(provider)
      assert.truthy(message:find(case[3], 1, true), message)
    end)
  end

  it("are none for anonymous", function()
    assert.is_false(credentials.choose { anonymous = true })
  end)

  it("are checked when a function gives them", function()
    local function ask(provider)
      return credentials.ask(call, provider)
    end
    assert.same({ nil, "the service is away" }, { ask(function() return nil, "the service is away" end) })
    assert.same({ nil, "the credentials function returned no table" }, { ask(function() end) })
    local _, message = ask(function() return { access_key_id = "id" } end)
    assert.truthy(message:find("'access_key_secret' is missing", 1, true))
    _, message = ask(function() error("broken", 0) end)
    assert.equal("the credentials function raised: broken", message)
    assert.truthy(ask(function() return { access_key_id = "i", access_key_secret = "s" } end))
  end)
end)
