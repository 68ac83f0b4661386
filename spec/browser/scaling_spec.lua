-- The measurement of docs/scaling.md, small: two nodes, two consumers, one of each is killed.

describe("direct-upload on several nodes", function()
  it("loses no event and handles none twice when a node and a consumer are killed", function()
    local pipe = assert(io.popen("timeout 120 lua5.4 examples/direct-upload/scale_test.lua 300 6 2>&1; echo status $?"))
    local text = pipe:read("*a")
    pipe:close()
    assert.truthy(text:find("status 0\n$"), text)
    for name, wanted in pairs { ["uploads"] = "300", ["not stored, or unknown"] = "0", ["events in the stream"] = "300",
      ["events lost"] = "0", ["events handled twice"] = "0" } do
      assert.equal(wanted, text:match("%f[^\0\n]" .. name .. "  +(%d+)\n"), text)
    end
    assert.is_true(tonumber(text:match("\nclaimed by consumer 2  +(%d+)")) > 0, text)
    local first, second = text:match("\ncallbacks answered by node 1, and by node 2  +(%d+), (%d+)")
    assert.is_true(tonumber(first) > 0 and tonumber(second) > 0, text)
  end)
end)
