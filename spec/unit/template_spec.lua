local cjson = require "cjson"
local template = require "oss.template"

describe("template", function()
  describe("json", function()
    local cases = {
      { "strings, numbers and image sizes, sorted",
        { uid = "${x:uid}", size = "${size}", object = "${object}", w = "${imageInfo.width}" },
        '{"object":${object},"size":${size},"uid":${x:uid},"w":"${imageInfo.width}"}' },
      { "constants of every kind",
        { s = 'q"\\/&é\n', i = 5, f = 0.1, n = -2.50, t = true, no = false, z = cjson.null },
        '{"f":0.1,"i":5,"n":-2.5,"no":false,"s":"q\\"\\\\/&é\\n","t":true,"z":null}' },
      { "nested tables and lists", { a = { b = { "${bucket}", { c = 1 } }, ["d e"] = {} } },
        '{"a":{"b":[${bucket},{"c":1}],"d e":{}}}' },
      { "a list on top", { "${etag}", "x", 1 }, '[${etag},"x",1]' },
      { "numbers inside a text", { pic = "${imageInfo.width},${imageInfo.height}", of = 'a "${size}" b' },
        '{"of":"a \\"${size}\\" b","pic":"${imageInfo.width},${imageInfo.height}"}' },
      { "a number in text that is one placeholder", "${size}", "${size}" },
      { "names that the check refuses later", { a = "${objct}", b = "${x", c = "$(size)", d = "id ${objct}" },
        '{"a":${objct},"b":"${x","c":"$(size)","d":"id ${objct}"}' },
      { "nothing", {}, "{}" },
      { "a dollar that is no placeholder", { a = "$5 {b} $" }, '{"a":"$5 {b} $"}' },
      { "a variable of another alphabet", { ["键"] = "${x:键值1}" }, '{"键":${x:键值1}}' },
    }
    for _, case in ipairs(cases) do
      it(case[1], function()
        assert.equal(case[3], template.json(case[2]))
      end)
    end

    it("gives one text for one table, whatever the order of its keys", function()
      local a, b = {}, {}
      for i = 1, 50 do
        a["k" .. i] = "${object}"
        b["k" .. 51 - i] = "${object}"
      end
      assert.equal(template.json(a), template.json(b))
    end)

    local cycle = {}
    cycle.again = { cycle }
    local refused = {
      { "string placeholder inside a text", { a = { b = "id ${object}" } }, "callback.body.a.b:", "body.mixed",
        "a value of its own" },
      { "variable inside a text", { "${x:a}!" }, "callback.body[1]:", "body.mixed", "body type form" },
      { "two string placeholders", { a = "${bucket}${object}" }, "callback.body.a:", "body.mixed", "${bucket}" },
      { "placeholder as key", { ["${object}"] = 1 }, "callback.body.${object}:", "body.key", "use it as a value" },
      { "function", { a = print }, "callback.body.a:", "body.value", "a function cannot be sent" },
      { "infinity", { a = math.huge }, "callback.body.a:", "body.number", "finite" },
      { "NaN", { a = 0 / 0 }, "callback.body.a:", "body.number", "finite" },
      { "list with holes", { [1] = 1, [3] = 3 }, "callback.body:", "body.keys", "fill the holes" },
      { "list with a name in a hole", { 1, nil, 3, a = 2 }, "callback.body:", "body.keys", "fill the holes" },
      { "mixed keys", { 1, a = 2 }, "callback.body:", "body.keys", "strings as keys" },
      { "boolean key", { [true] = 2 }, "callback.body:", "body.keys", "strings as keys" },
      { "cycle", cycle, "callback.body.again", "body.depth", "cycle" },
      { "bytes that are no UTF-8", { a = "\255" }, "callback.body.a:", "body.utf8", "base64" },
      { "key that is no UTF-8", { a = { ["\255"] = 1 } }, "callback.body.a:", "body.utf8", "base64" },
    }
    for _, case in ipairs(refused) do
      it("refuses: " .. case[1], function()
        local text, err = template.json(case[2])
        assert.is_nil(text)
        assert.equal(case[3], err:sub(1, #case[3]))
        assert.truthy(err:find("[" .. case[4] .. "]", 1, true), err)
        assert.truthy(err:find(case[5], 1, true), err)
      end)
    end
  end)

  describe("form", function()
    local cases = {
      { "placeholders stay, constants are encoded, keys sorted",
        { object = "${object}", ["a&b"] = "c=d é/", w = "${imageInfo.width}" },
        "a%26b=c%3Dd%20%C3%A9%2F&object=${object}&w=${imageInfo.width}" },
      { "text around placeholders", { id = "n-${bucket}/${x:id}+" }, "id=n-${bucket}%2F${x:id}%2B" },
      { "numbers and booleans", { a = 1, b = 2.5, c = true, d = "" }, "a=1&b=2.5&c=true&d=" },
    }
    for _, case in ipairs(cases) do
      it(case[1], function()
        assert.equal(case[3], template.form(case[2]))
      end)
    end

    local refused = {
      { "nested tables", { a = { b = 1 } }, "callback.body.a:", "body.nested" },
      { "lists", { "a" }, "callback.body:", "body.keys" },
      { "placeholder as key", { ["${a}"] = 1 }, "callback.body.${a}:", "body.key" },
      { "functions", { a = print }, "callback.body.a:", "body.value" },
    }
    for _, case in ipairs(refused) do
      it("refuses: " .. case[1], function()
        local text, err = template.form(case[2])
        assert.is_nil(text)
        assert.equal(case[3], err:sub(1, #case[3]))
        assert.truthy(err:find("[" .. case[4] .. "]", 1, true), err)
      end)
    end
  end)

  it("writes numbers as short as they are exact", function()
    local cases = {
      { 5, "5" }, { 5.0, "5" }, { -0.0, "0" }, { 0.1, "0.1" }, { 1 / 3, "0.3333333333333333" },
      { 0.1 + 0.2, "0.30000000000000004" }, { 1e300, "1e+300" },
      { 2 ^ 53 - 1, "9007199254740991" }, { -7.25, "-7.25" }, { 1e15, "1000000000000000" },
    }
    for _, case in ipairs(cases) do
      assert.equal(case[2], template.number(case[1]))
    end
    if math.type then
      assert.equal("9223372036854775807", template.number(math.maxinteger))
    end
    assert.is_nil(template.number(0 / 0))
    assert.is_nil(template.number(-1 / 0))
  end)
end)
