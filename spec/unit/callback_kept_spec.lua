-- A callback table that is used again and again: its preparation is kept, and never for too long.

local callback = require "oss.callback"
local core = require "oss.core"

describe("a callback used again", function()
  local t

  before_each(function()
    t = { url = { "http://a.example.com/" }, body = { size = "${size}", list = { "a", "b" }, uid = "${x:uid}" },
      vars = { uid = 1 } }
    for _ = 1, 3 do
      assert.truthy(callback.prepare(t))
    end
  end)

  local function sent()
    local prepared, message = callback.prepare(t)
    return prepared and core.unbase64(prepared.callback) .. core.unbase64(prepared.callback_var) or message
  end

  it("is prepared once", function()
    assert.equal(callback.prepare(t), callback.prepare(t))
  end)

  local changes = {
    ["a field"] = { function() t.host = "b.example.com" end, "b.example.com" },
    ["a URL"] = { function() t.url[2] = "http://b.example.com/" end, ";http://b.example.com/" },
    ["a nested value"] = { function() t.body.list[2] = "c" end, '\\"c\\"' },
    ["a value that is gone"] = { function() t.body.list = nil end, '"{\\"size\\":${size},\\"uid\\":${x:uid}}"' },
    ["a variable"] = { function() t.vars.uid = 2 end, '"x:uid":"2"' },
    ["a mistake"] = { function() t.vars.UID = 2 end, "'UID'" },
  }
  for name, change in pairs(changes) do
    it("notices " .. name, function()
      change[1]()
      local text = sent()
      assert.truthy(text:find(change[2], 1, true), text)
    end)
  end

  it("depends on nothing but the table", function()
    local first = callback.prepare(t)
    assert.not_equal(first, callback.prepare(t, { open_vars = true }))
    t.token = { secret = ("s"):rep(32) }
    t.body.bucket, t.body.object, t.body.token = nil, nil, nil
    local place = { bucket = "b", key = "k", now = 1 }
    assert.not_equal(callback.prepare(t, place).callback_var, callback.prepare(t,
      { bucket = "b", key = "l", now = 1 }).callback_var)
    local base = { url = "http://a.example.com/" }
    local derived = setmetatable({ body = "a=1" }, { __index = base })
    for _ = 1, 3 do
      callback.prepare(derived)
    end
    base.url = "http://b.example.com/"
    assert.truthy(core.unbase64(callback.prepare(derived).callback):find("b.example.com", 1, true))
  end)
end)
