-- Blocks: bytes outside of Lua's memory.

local core = require "oss.core"

describe("a block", function()
  it("takes pieces of strings until it is full", function()
    local block = core.block(10)
    assert.equal(0, #block)
    assert.equal(3, block:fill("xabcx", 2, 3))
    assert.equal(2, block:fill("defgh", 1, 2))
    assert.equal(0, block:fill("x", 2, 9))
    assert.equal(0, block:fill("x", 1, 0))
    assert.equal(5, block:fill("0123456789", 2, math.huge))
    assert.equal(0, block:fill("more", 1, 4))
    assert.equal(10, #block)
    assert.equal("abcde12345", block:sub(1, 10))
  end)

  it("gives pieces as string.sub does", function()
    local block, text = core.block(100), "0123456789"
    block:fill(text, 1, 100)
    for first = 1, 12 do
      for last = 0, 12 do
        assert.equal(text:sub(first, last), block:sub(first, last))
      end
    end
    assert.equal("", core.block(1):sub(1, 1))
  end)

  it("can be used again, and freed twice", function()
    local block = core.block(4)
    block:fill("abcd", 1, 4)
    block:clear()
    assert.equal(0, #block)
    block:fill("xy", 1, 4)
    assert.equal("xy", block:sub(1, 4))
    block:free()
    block:free()
    assert.equal(0, #block)
    assert.equal("", block:sub(1, 2))
    assert.is_false((pcall(block.fill, block, "x", 1, 1)))
    assert.is_false((pcall(block.clear, block)))
  end)

  it("refuses what makes no sense", function()
    for _, size in ipairs { 0, -1, 0 / 0, 1e300, "x" } do
      assert.is_false((pcall(core.block, size)))
    end
    local block = core.block(1)
    for _, wrong in ipairs { { "x", 0, 1 }, { "x", 3, 1 }, { "x", 1, -1 }, { "x", 0 / 0, 1 }, { "x", 1, 0 / 0 },
      { {}, 1, 1 }, { 5, 1, 1 } } do
      assert.is_false((pcall(block.fill, block, wrong[1], wrong[2], wrong[3])))
    end
    assert.is_false((pcall(block.sub, block, 0, 1)))
    assert.is_false((pcall(block.fill, core.crc64_new(), "x", 1, 1)))
  end)

  it("says when there is no memory", function()
    if (os.getenv("LD_PRELOAD") or ""):find("asan", 1, true) then
      return -- which ends the program
    end
    local block, message = core.block(2 ^ 62)
    assert.is_nil(block)
    assert.equal("not enough memory", message)
  end)

  it("goes away when it is collected", function()
    for _ = 1, 100 do
      core.block(1000000):fill("x", 1, 1)
    end
    collectgarbage()
  end)
end)

describe("a CRC-64", function()
  it("takes pieces of strings", function()
    local crc = core.crc64_new()
    crc:update("x1234x", 2, 5):update("", 1, 0):update("abc", 4):update("56789", 1)
    assert.equal(core.crc64("123456789"), crc:value())
    for _, wrong in ipairs { { 0, 1 }, { 1, 4 }, { 0 / 0, 1 }, { 1, 0 / 0 } } do
      assert.is_false((pcall(crc.update, crc, "abc", wrong[1], wrong[2])))
    end
  end)
end)
