--- What to do when a callback failed, or when OSS refused its configuration.
-- @module oss.callback.hints

local refusals = require "oss.callback.refusals"

local M = {}

-- Answers of the service, by status. Only 200 is success for OSS.
local statuses = {
  [400] = "The service refused the request: look into its log, and at its verification of the signature first.",
  [401] = "The service asked for a login: OSS cannot log in, so exempt the callback route and verify OSS's "
    .. "signature there.",
  [403] = "The service or a firewall in front of it forbade the request: exempt the callback route (CSRF, WAF) "
    .. "and verify OSS's signature there.",
  [404] = "No such route at the service: check the path of the callback URL, and callback.host when the server "
    .. "has several sites.",
  [405] = "The route does not take POST: OSS always posts.",
  [411] = "The service wants a length that a proxy has removed: let the proxy pass Content-Length.",
  [413] = "The service limits the size of requests too much for the body of the callback.",
  [415] = "The service does not take this Content-Type: set callback.body_type to what it reads, json or form.",
  [429] = "The service limits its callers: exempt the callback route.",
  [499] = "The service gave up before it answered: answer within 5 seconds, do slow work afterwards.",
  [500] = "The service failed: look into its log.",
  [501] = "The service does not take POST here: OSS always posts.",
  [502] = "Nothing useful listens there: check that the service runs and is reachable from the internet; with "
    .. "https set callback.sni = true, and check the certificate.",
  [503] = "The service is not available: look at its load and at the proxy in front of it.",
  [504] = "A proxy gave up on the service: answer within 5 seconds, do slow work afterwards.",
}

local unreachable = "OSS could not connect, or had no answer within 5 seconds: check that the URL is reachable "
  .. "from the internet (firewall, DNS, IPv4), and answer first, do slow work afterwards."
local slow = "The service must answer within 5 seconds, connecting included: answer first, do slow work afterwards."
local length = "The service must answer with a Content-Length above zero: send a body, and not chunked."

-- Parts of messages in lower case, the more special ones first.
local messages = {
  { "missing content%-length", length },
  { "invalid conent%-length", length },
  { "invalid content%-length", length },
  { "too long content%-length", "The answer of the service must stay below 1 MB." },
  { "reply timeout", slow },
  { "cost too long", slow },
  { "can not connect to your callbackurl", unreachable },
  { "not valid json", "The service must answer with JSON, in UTF-8 without a byte order mark: look at what it "
    .. "answers to a POST, errors and debug output included." },
  { "get image info failed", "The body uses ${imageInfo...}, and OSS could not read the object as an image: it "
    .. "may be damaged, overwritten or deleted already." },
  { "too many callback requests", "OSS limits callbacks at the moment: the object is stored, retry the callback "
    .. "later." },
  { "callback to application server failed", unreachable },
}

local by_ec = {
  ["0007-00000203"] = "The service did not answer 200, which alone is success for OSS: look into its log.",
  ["0007-00000205"] = "The service must answer with JSON, in UTF-8 without a byte order mark.",
}

local by_code = {
  CallbackFailed = "The object is stored; only the callback failed. Do not upload again: repair the service and "
    .. "retry the callback.",
}

local function of_status(status)
  if status < 0 then
    return unreachable
  elseif statuses[status] then
    return statuses[status]
  elseif status >= 200 and status < 300 then
    return "Only status 200 is success for OSS: answer 200 with a JSON body."
  elseif status >= 300 and status < 400 then
    return "OSS does not follow redirects: give the URL that they lead to (https, www, slash at the end)."
  end
  return "The service answered with status " .. status .. ", and only 200 is success for OSS: look into its log."
end

local function of_message(message)
  local text = message:lower()
  for _, row in ipairs(messages) do
    if text:find(row[1]) then
      return row[2]
    end
  end
  local status = text:match("error status%s*:%s*(%-?%d+)")
  return status and of_status(tonumber(status))
end

--- What to do, nil when nothing is known.
-- @tparam string|nil code_or_message OSS's message, or only its error code
-- @tparam string|nil ec OSS's EC; the message says more when both are known
-- @treturn string|nil
-- @usage hints.find("Error status : 502.", "0007-00000203")
function M.find(code_or_message, ec)
  local text = code_or_message or ""
  local refusal = refusals.by_message[text] or refusals.by_ec[ec or ""]
  return of_message(text) or refusal and refusal.hint or by_ec[ec or ""] or by_code[text]
end

return M
