-- The local OSS: multipart and append.

local core = require "oss.core"
local client = require "spec.nginx.emulator_client"

local part_size = 100 * 1024

describe("the local OSS", function()
  local oss

  setup(function()
    oss = client.start { workers = 2 }
  end)

  teardown(function()
    oss:stop()
  end)

  local function refused(answer, status, code)
    assert.equal(status, answer.status)
    local fields = client.xml(answer)
    assert.equal(code, fields.Code, fields.Message)
    return fields
  end

  local function initiate(key, t)
    t = t or {}
    t.query = t.query or {}
    table.insert(t.query, "uploads")
    table.insert(t.query, "")
    local answer = oss:request("POST", key, "", t)
    assert.equal(200, answer.status)
    local fields = client.xml(answer)
    assert.equal("InitiateMultipartUploadResult", fields.root)
    return fields.UploadId, fields
  end

  local function part(key, id, number, body, t)
    t = t or {}
    t.query = { "partNumber", tostring(number), "uploadId", id }
    return oss:put(key, body, t)
  end

  local function complete(key, id, parts, t)
    t = t or {}
    t.query = t.query or {}
    table.insert(t.query, "uploadId")
    table.insert(t.query, id)
    local xml = {}
    for i, one in ipairs(parts or {}) do
      xml[i] = "<Part><PartNumber>" .. one[1] .. "</PartNumber><ETag>" .. one[2] .. "</ETag></Part>"
    end
    local body = parts and "<CompleteMultipartUpload>" .. table.concat(xml) .. "</CompleteMultipartUpload>" or ""
    return oss:request("POST", key, t.body or body, t)
  end

  local function list(key, id, query)
    query = query or {}
    table.insert(query, "uploadId")
    table.insert(query, id)
    return client.xml(oss:get(key, { query = query }))
  end

  local bytes = ("0123456789"):rep(part_size / 10)

  describe("joins parts", function()
    it("into an object, in the order of their numbers", function()
      local id = initiate("dir/joined", { headers = { "Content-Type", "video/mp4", "x-oss-meta-a", "b" } })
      local second = part("dir/joined", id, 7, "the end")
      local first = part("dir/joined", id, 2, bytes)
      assert.equal(200, first.status)
      assert.equal(core.crc64(bytes), first.headers["x-oss-hash-crc64ecma"])
      assert.equal('"' .. core.hex(core.md5(bytes)):upper() .. '"', first.headers.etag)
      local answer = complete("dir/joined", id, { { 2, first.headers.etag }, { 7, second.headers.etag } })
      assert.equal(200, answer.status)
      local fields = client.xml(answer)
      assert.equal("CompleteMultipartUploadResult", fields.root)
      assert.equal("examplebucket", fields.Bucket)
      assert.equal("dir/joined", fields.Key)
      assert.equal(oss.server.url .. "/examplebucket/dir/joined", fields.Location)
      assert.equal(answer.headers.etag, fields.ETag)
      assert.is_truthy(fields.ETag:find('^"%x+%-2"$'))
      assert.equal(core.crc64(bytes .. "the end"), answer.headers["x-oss-hash-crc64ecma"])
      local stored = oss:get("dir/joined")
      assert.is_true(stored.body == bytes .. "the end")
      assert.equal("video/mp4", stored.headers["content-type"])
      assert.equal("b", stored.headers["x-oss-meta-a"])
      assert.equal("Multipart", stored.headers["x-oss-object-type"])
      assert.is_nil(stored.headers["content-md5"])
      refused(complete("dir/joined", id, { { 2, first.headers.etag } }), 404, "NoSuchUpload")
    end)

    it("that were sent again", function()
      local id = initiate("again")
      part("again", id, 1, "old")
      local etag = part("again", id, 1, "new").headers.etag
      assert.equal(200, complete("again", id, { { 1, etag } }).status)
      assert.equal("new", oss:get("again").body)
    end)

    it("all of them, when asked to", function()
      local id = initiate("all")
      part("all", id, 1, bytes)
      part("all", id, 3, "end")
      local all = { "x-oss-complete-all", "yes" }
      refused(complete("all", id, { { 1, "a" } }, { headers = all }), 400, "InvalidArgument")
      assert.equal(200, complete("all", id, nil, { headers = all }).status)
      assert.is_true(oss:get("all").body == bytes .. "end")
    end)

    it("unless the list is wrong", function()
      local id = initiate("wrong")
      local small = part("wrong", id, 1, "small").headers.etag
      local large = part("wrong", id, 2, bytes).headers.etag
      local last = part("wrong", id, 3, "last").headers.etag
      local fields = refused(complete("wrong", id, { { 1, small }, { 2, large } }), 400, "EntityTooSmall")
      assert.equal("102400", fields.MinSizeAllowed)
      assert.equal("1", fields.PartNumber)
      refused(complete("wrong", id, { { 2, large }, { 1, small } }), 400, "InvalidPartOrder")
      refused(complete("wrong", id, { { 2, large }, { 2, large } }), 400, "InvalidPartOrder")
      refused(complete("wrong", id, { { 2, small } }), 400, "InvalidPart")
      refused(complete("wrong", id, { { 4, last } }), 400, "InvalidPart")
      for _, body in ipairs { "", "nonsense", "<Other/>", "<CompleteMultipartUpload/>",
        "<CompleteMultipartUpload><Part/></CompleteMultipartUpload>" } do
        refused(complete("wrong", id, {}, { body = body }), 400, "MalformedXML")
      end
      assert.equal(404, oss:head("wrong").status)
      assert.equal(200, complete("wrong", id, { { 2, large }, { 3, last } }).status)
    end)

    it("unless that would overwrite and must not", function()
      oss:put("taken", "first")
      local id = initiate("taken")
      local etag = part("taken", id, 1, "second").headers.etag
      local forbid = { "x-oss-forbid-overwrite", "true" }
      refused(complete("taken", id, { { 1, etag } }, { headers = forbid }), 409, "FileAlreadyExists")
      assert.equal("first", oss:get("taken").body)
      refused(oss:request("POST", "taken", "", { query = { "uploads", "" }, headers = forbid }), 409,
        "FileAlreadyExists")
    end)

    it("and calls back with what it made", function()
      local id = initiate("called")
      local etag = part("called", id, 1, "content", {}).headers.etag
      local answer = complete("called", id, { { 1, etag } }, {
        headers = oss:callback_headers { callbackUrl = oss.service_url, callbackBodyType = "application/json",
          callbackBody = '{"k":${object},"size":${size},"etag":${etag},"md5":${contentMd5},"op":${operation}}' },
        service = function(request)
          return client.json.decode(request.body)
        end,
      })
      assert.equal(200, answer.status)
      local said = client.json.decode(answer.body)
      assert.same({ k = "called", size = 7, etag = answer.headers.etag:match('"(.*)"'), md5 = "",
        op = "CompleteMultipartUpload" }, said)
      assert.is_nil(answer.headers["content-md5"])
    end)
  end)

  describe("takes parts", function()
    it("only with good numbers", function()
      local id = initiate("numbers")
      for _, number in ipairs { "0", "10001", "-1", "1.5", "STR" } do
        local fields = refused(part("numbers", id, number, "x"), 400, "InvalidArgument")
        assert.equal("0017-00000220", fields.EC)
        assert.equal(number, fields.ArgumentValue)
      end
      assert.equal(200, part("numbers", id, 10000, "x").status)
      refused(oss:put("numbers", "x", { query = { "uploadId", id } }), 400, "InvalidArgument")
    end)

    it("only of uploads that are", function()
      local id = initiate("mine")
      refused(part("mine", "0123456789ABCDEF", 1, "x"), 404, "NoSuchUpload")
      refused(part("mine", "../../x", 1, "x"), 404, "NoSuchUpload")
      refused(part("other", id, 1, "x"), 404, "NoSuchUpload")
    end)

    it("only with the right MD5", function()
      local id = initiate("md5")
      local wrong = { "Content-MD5", core.base64(core.md5("y")) }
      refused(part("md5", id, 1, "x", { headers = wrong }), 400, "InvalidDigest")
    end)

    it("until the upload is aborted", function()
      local id = initiate("aborted")
      part("aborted", id, 1, "x")
      assert.equal(204, oss:request("DELETE", "aborted", nil, { query = { "uploadId", id } }).status)
      refused(oss:request("DELETE", "aborted", nil, { query = { "uploadId", id } }), 404, "NoSuchUpload")
      refused(part("aborted", id, 1, "x"), 404, "NoSuchUpload")
    end)
  end)

  describe("lists parts", function()
    it("page by page", function()
      local id = initiate("list")
      for number = 1, 5 do
        part("list", id, number * 2, ("x"):rep(number))
      end
      local fields, root = list("list", id, { "max-parts", "2", "part-number-marker", "2" })
      assert.equal("ListPartsResult", fields.root)
      assert.equal("true", fields.IsTruncated)
      assert.equal("6", fields.NextPartNumberMarker)
      assert.equal("2", fields.MaxParts)
      local numbers = {}
      for _, element in ipairs(root) do
        if element.name == "Part" then
          local one = require("oss.sending.xml").fields(element)
          numbers[#numbers + 1] = one.PartNumber
          assert.equal(tostring(tonumber(one.PartNumber) / 2):gsub("%.0", ""), one.Size)
          assert.equal(core.crc64(("x"):rep(tonumber(one.Size))), one.HashCrc64ecma)
          assert.is_truthy(core.parse_date(one.LastModified))
        end
      end
      assert.same({ "4", "6" }, numbers)
      assert.equal("false", list("list", id).IsTruncated)
      refused(oss:get("list", { query = { "uploadId", id, "max-parts", "1001" } }), 400, "InvalidArgument")
    end)

    it("with their key encoded, when asked to", function()
      local key = "a b+ü&.txt"
      local id, begun = initiate(key, { query = { "encoding-type", "url" } })
      assert.equal(core.percent(key), begun.Key)
      assert.equal("url", begun.EncodingType)
      assert.equal(core.percent(key), list(key, id, { "encoding-type", "url" }).Key)
      assert.equal(key, list(key, id).Key)
      local etag = part(key, id, 1, "x").headers.etag
      local done = client.xml(complete(key, id, { { 1, etag } }, { query = { "encoding-type", "url" } }))
      assert.equal(core.percent(key), done.Key)
      refused(oss:request("POST", key, "", { query = { "uploads", "", "encoding-type", "rot13" } }), 400,
        "InvalidArgument")
    end)
  end)

  describe("appends", function()
    local function append(key, position, body, t)
      t = t or {}
      t.query = { "append", "", "position", tostring(position) }
      return oss:request("POST", key, body, t)
    end

    it("at the end", function()
      local answer = append("log", 0, "first,", { headers = { "Content-Type", "text/plain" } })
      assert.equal(200, answer.status)
      assert.equal("6", answer.headers["x-oss-next-append-position"])
      assert.equal(core.crc64("first,"), answer.headers["x-oss-hash-crc64ecma"])
      answer = append("log", 6, "second")
      assert.equal("12", answer.headers["x-oss-next-append-position"])
      assert.equal(core.crc64("first,second"), answer.headers["x-oss-hash-crc64ecma"])
      local stored = oss:get("log")
      assert.equal("first,second", stored.body)
      assert.equal("Appendable", stored.headers["x-oss-object-type"])
      assert.equal("12", stored.headers["x-oss-next-append-position"])
      assert.equal("text/plain", stored.headers["content-type"])
    end)

    it("nowhere else", function()
      append("log2", 0, "abc")
      local answer = append("log2", 2, "x")
      refused(answer, 409, "PositionNotEqualToLength")
      assert.equal("3", answer.headers["x-oss-next-append-position"])
      assert.equal(core.crc64("abc"), answer.headers["x-oss-hash-crc64ecma"])
      refused(append("log3", 1, "x"), 409, "PositionNotEqualToLength")
      refused(append("log3", "end", "x"), 400, "InvalidArgument")
      assert.equal("abc", oss:get("log2").body)
    end)

    it("not to other objects", function()
      oss:put("plain", "abc")
      refused(append("plain", 3, "x"), 409, "ObjectNotAppendable")
    end)
  end)
end)
