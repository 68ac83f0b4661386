--- The operations of a client, by name. Each has `prepare(client, options)`, at the caller's line, and
-- `work(op, prepared)`, by the operation. README tells their options.
--
-- @module oss.verbs

local objects = require "oss.sending.objects"

local M = {}

--- Stores an object: PutObject, with or without an upload callback.
-- @function client:put
-- @tparam table t options
-- @treturn table|nil status, etag, crc64, version_id, request_id, headers, attempts, and callback
-- (status, body, json, content_type: the application server's answer)
-- @treturn table an error of `oss.errors`
-- @raise on wrong options, at the caller's line
-- @usage
-- local res, err = client:put{ bucket = "b", key = "k", body = "text",
--   callback = { url = "https://example.com/cb", body = { size = "${size}" } } }
M.put = require "oss.sending.put"

--- Stores an object of any size: one put when it is small, else parts in parallel, resumable.
-- @function client:upload
-- @tparam table t options
-- @treturn table|nil as of `client:put`; resumed is true when an earlier run had completed it
-- @treturn table an error of `oss.errors`; upload_id when parts stay for a resume
-- @raise on wrong options, at the caller's line
-- @usage
-- local res, err = client:upload{ bucket = "b", key = "k", file = "big.bin", resume = "big.token" }
M.upload = require "oss.uploading.upload"

--- Adds to an appendable object: AppendObject, which takes no callback.
-- @function client:append
-- @tparam table t options
-- @treturn table|nil as of `client:put`, and next_position; crc64 is of the whole object
-- @treturn table an error of `oss.errors`; next_position when the position was wrong
-- @raise on wrong options, at the caller's line
-- @usage local res, err = client:append{ bucket = "b", key = "log", body = "line", position = 0 }
M.append = require "oss.sending.append"

--- Fires only the callback of an object that is stored. Unproven on the live service.
-- @function client:retry_callback
-- @tparam table t options
-- @treturn table|nil status, request_id, headers, and callback as of `client:put`
-- @treturn table an error of `oss.errors`
-- @raise on wrong options, at the caller's line
-- @usage local res, err = client:retry_callback{ bucket = "b", key = "k",
--   callback = { url = "https://example.com/cb", body = { size = "${size}" } } }
M.retry_callback = require "oss.sending.retry_callback"

--- Describes an object: HeadObject.
-- @function client:head
-- @tparam table t options
-- @treturn table|nil status, etag, crc64, version_id, request_id, headers, attempts, content_length
-- (bytes), content_type, last_modified (unix seconds), storage_class, meta (by name)
-- @treturn table an error of `oss.errors`
-- @raise on wrong options, at the caller's line
-- @usage local res, err = client:head{ bucket = "b", key = "k" }
M.head = objects.head

--- Fetches an object: GetObject, into a string, or into a file that appears whole or not at all.
-- @function client:get
-- @tparam table t options
-- @treturn table|nil as of `client:head`, and body unless `file` is given
-- @treturn table an error of `oss.errors`
-- @raise on wrong options, at the caller's line
-- @usage local res, err = client:get{ bucket = "b", key = "k", file = "k.bin" }
M.get = objects.get

--- Removes an object: DeleteObject. That it is not there is no error.
-- @function client:delete
-- @tparam table t options
-- @treturn table|nil status, request_id, headers, attempts
-- @treturn table an error of `oss.errors`
-- @raise on wrong options, at the caller's line
-- @usage local res, err = client:delete{ bucket = "b", key = "k" }
M.delete = objects.delete

--- Sends a signed request of one's own, for what this library has no operation for.
-- @function client:request
-- @tparam table t options
-- @treturn table|nil status, headers, body, request_id, attempts, and callback when one was given
-- @treturn table an error of `oss.errors`
-- @raise on wrong options, at the caller's line
-- @usage local res, err = client:request{ method = "GET", bucket = "b", query = { bucketInfo = "" } }
M.request = objects.request

--- Signs a URL, so that somebody else may send one request: without waiting, and without a request.
-- @function client:presign
-- @tparam table t options
-- @treturn table|nil url, method, headers (by name: they must be sent as they are), expires_at
-- @treturn table an error of `oss.errors`: the credentials could not be had
-- @raise on wrong options, at the caller's line
-- @usage local permit = client:presign{ bucket = "b", key = "k", expires = 600,
--   callback = { url = "https://example.com/cb", body = { size = "${size}" }, sni = true } }

--- Makes a form for PostObject, whose policy pins every field, so that a browser may upload.
-- @function client:form
-- @tparam table t options
-- @treturn table|nil url, method, fields (list of `{ name =, value = }`, to be sent in this order, before
-- the field `file`), values (the same by name), expires_at
-- @treturn table an error of `oss.errors`: the credentials could not be had
-- @raise on wrong options, at the caller's line
-- @usage local form = client:form{ bucket = "b", key_prefix = "photos/", content_length_range = { 1, 1e7 } }

return M
