--- Failures of the transport: the codes of src/core/err.h, and which of them nginx's texts mean.

local M = {}

local texts = {
  AnswerTimeout = "no answer came in time",
  AnswerTooLarge = "the answer is larger than its limit",
  BodyLong = "the body is longer than announced",
  BodyShort = "the body is shorter than announced",
  ConnectFailed = "the server could not be reached",
  ConnectTimeout = "the connection was not made in time",
  EmptyAnswer = "the connection ended without an answer",
  FileRead = "the file could not be read",
  FileWrite = "the file could not be written",
  IdleTimeout = "nothing moved for too long",
  MalformedAnswer = "the answer is not HTTP",
  ReceiveFailed = "receiving failed",
  ResolveFailed = "the host name is not known",
  SendFailed = "sending failed",
  TlsFailed = "TLS could not be set up",
  TlsUntrusted = "the certificate of the server is not trusted",
  TruncatedAnswer = "the answer is not complete",
}

--- The sentence for a code.
-- @tparam string code
-- @tparam[opt] string detail
-- @treturn string
function M.text(code, detail)
  return detail and texts[code] .. ": " .. detail or texts[code]
end

--- What a failed connect means.
-- @tparam string err of nginx
-- @treturn string code
function M.of_connect(err)
  if err == "timeout" then
    return "ConnectTimeout"
  elseif err:find("could not be resolved", 1, true) or err:find("no resolver", 1, true)
    or err:find("host not found", 1, true) then
    return "ResolveFailed"
  end
  return "ConnectFailed"
end

--- What a failed TLS handshake means.
-- @tparam string err of nginx
-- @treturn string code
-- @treturn string detail
function M.of_handshake(err)
  if err == "timeout" then
    return "ConnectTimeout", "TLS"
  elseif err:find("^%d+: ") then
    return "TlsUntrusted", err .. " (nginx.conf: lua_ssl_trusted_certificate, lua_ssl_verify_depth)"
  elseif err:find("host mismatch", 1, true) then
    return "TlsUntrusted", err
  end
  return "TlsFailed", err
end

--- What a failed send means.
-- @tparam string err of nginx
-- @treturn string code
function M.of_send(err)
  return err == "timeout" and "IdleTimeout" or "SendFailed"
end

return M
