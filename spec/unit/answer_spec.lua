-- What other SDKs make of OSS's errors, and what is made of them here.

local answers = require "oss.sending.answer"
local json = require "cjson"
local local_oss = { read = require("spec.support.local_oss").read }

-- Where this library says it in its own way.
local ours = {
  ["err-go2-head-304"] = "NotModified",
  ["err-java1-404-none"] = "NoErrorBody",
  ["err-java1-404-garbage"] = "NoErrorBody",
  ["err-go1-empty-error"] = "BadErrorResponse",
}

describe("errors of OSS", function()
  for _, case in ipairs(json.decode(local_oss.read("spec/vectors/error-xml.json"))) do
    it(case.id, function()
      local headers = {}
      for _, header in ipairs(case.inputs.headers) do
        headers[header[1]:lower()] = header[2]
      end
      local body = case.inputs.body
      local res, err = answers.read({ status = case.inputs.status, headers = headers,
        body = type(body) == "string" and body or "" }, true)
      assert.is_nil(res)
      local want = case.expected
      assert.equal(case.inputs.status, err.status)
      if ours[case.id] then
        assert.equal(ours[case.id], err.code)
        return
      elseif want.parse_error then
        assert.truthy(err.code == "NoErrorBody" or err.code == "BadErrorResponse")
        return
      end
      assert.equal(want.code, err.code)
      if want.message and want.message ~= "" then
        assert.equal(want.message, err.message)
      end
      for theirs, mine in pairs { request_id = "request_id", host_id = "host_id", ec = "ec" } do
        if type(want[theirs]) == "string" and want[theirs] ~= "" then
          assert.equal(want[theirs], err[mine])
        end
      end
      if type(want.fields) == "table" then
        for name, value in pairs(want.fields) do
          if name == "SignatureProvided" or name == "StringToSignBytes" then
            assert.equal("***", err.fields[name])
          elseif type(value) == "string" then
            assert.equal(value, err.fields[name])
          end
        end
      end
      assert.equal(case.inputs.status == 203, err.kind == "callback")
      assert.equal(case.inputs.status == 203, err.stored)
    end)
  end

  it("cannot blow up the parser", function()
    local bomb = '<?xml version="1.0"?><!DOCTYPE e [<!ENTITY a "' .. ("x"):rep(1000) .. '">'
      .. '<!ENTITY b "' .. ("&a;"):rep(1000) .. '">]><Error><Code>&b;</Code></Error>'
    local _, err = answers.read { status = 400, headers = {}, body = bomb }
    assert.equal("BadErrorResponse", err.code)
    for _, body in ipairs { "<Error>", "<Error><Code>A</Error>", "\0\1\2", "<a/><b/>", ("<a>"):rep(5000) } do
      _, err = answers.read { status = 400, headers = {}, body = body }
      assert.equal("BadErrorResponse", err.code)
    end
  end)
end)

describe("the server's time", function()
  it("comes from ServerTime, wherever it stands, else from Date", function()
    local headers = { date = "Sat, 16 Dec 2023 16:20:57 GMT" }
    assert.equal(1744279257, answers.server_time({ headers = headers },
      { fields = { ServerTime = "2025-04-10T10:00:57.000Z" } }))
    assert.equal(1702743657, answers.server_time({ headers = headers }, {}))
    assert.is_nil(answers.server_time({ headers = {} }, {}))
  end)
end)
