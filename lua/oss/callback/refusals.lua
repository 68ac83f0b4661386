--- Why OSS refuses an upload because of its callback: nothing is stored then.
--
-- One row for each: the name used here, EC, OSS's own message and what to do. Where the documentation
-- gives no EC or no message there is none here either.

local rows = {
  { "length", "0007-00000001", "The length of callback exceed max value.",
    "The base64 text of the callback is over 5 KB: shorten the body or the URLs." },
  { "base64", "0007-00000002", "The callback configuration is not base64 encoded.",
    "Send standard base64 with padding; in a URL percent-encode its +, / and =." },
  { "json", "0007-00000003", "The callback configuration is not json format.",
    "The decoded text must be a JSON object; quotes inside callbackBody are escaped exactly once." },
  { "url", "0007-00000004", "The callback url configuration is invalid.",
    "Write the URL as http(s)://host[:port]/path, the port a number from 1 to 65535, and percent-encode "
      .. "what is not ASCII." },
  { "url_count", "0007-00000005", "The number of callback url exceed max value.",
    "Give at most five URLs; a ; inside a URL is written %3B." },
  { "host_name", "0007-00000007", "Can not get ip by this host.",
    "The host of the callback URL does not resolve: check its spelling and that public DNS knows it (IPv4)." },
  { "private", "0007-00000008", "Private address is forbidden to callback.",
    "OSS calls public addresses only: use a public address or a tunnel, or try it with the emulator.",
    "callbackUrl" },
  { "host", "0007-00000009", "The callback host configuration is invalid.",
    "callbackHost must be a JSON string: a domain or an IP address." },
  { "body", "0007-00000010", "The callback body is invalid.",
    "callbackBody must be a JSON string; placeholders are ${name} with a name that OSS knows, not $(name)." },
  { "body_empty", "0007-00000011", "The callback body is empty.",
    "Give a body, such as object=${object}&size=${size}." },
  { "body_type", "0007-00000012", "The callback body type configuration is invalid.",
    "callbackBodyType must be a JSON string." },
  { "body_type_value", "0007-00000013", "The body type of callback is not supported.",
    "Use application/x-www-form-urlencoded or application/json, without parameters." },
  { "sni", "0007-00000014", "The callback sni is invalid.",
    "callbackSNI must be the JSON boolean true or false, without quotes." },
  { "stage", "0007-00000015", nil, "Remove callbackStage; it is not for general use." },
  { "stage_value", "0007-00000016", nil, "Remove callbackStage; it is not for general use." },
  { "failure_action", "0007-00000017", nil, "Remove callbackFailureAction; it is by invitation only." },
  { "additional_headers", "0007-00000026", nil,
    "additionalHeaders must be an object of strings whose names do not begin with x-oss-." },
  { "both", "0007-00000027", "Either the callback query string parameter or the x-oss-callback header should "
      .. "be specified, not both.", "Pass the callback in one place only: header or URL." },
  { "both_vars", nil, "Either the callback-var query string parameter or the x-oss-callback-var header should "
      .. "be specified, not both.", "Pass the variables in one place only: header or URL.", "callback-var" },
  { "vars_length", "0007-00000101", "The length of callback var exceed max value.",
    "The base64 text of the variables is over 5 KB: send an id and keep the data in your service.",
    "callback-var" },
  { "vars", nil, "The callback var is not expecten json.",
    "Variables are a JSON object of strings whose names are lower-case and begin with x:.", "callback-var" },
  { "signature_version", nil, "The callback signature version is invalid.",
    "OSS knows the versions 1.0 and 2.0; leave it out." },
}

local M = { list = {}, by_name = {}, by_ec = {}, by_message = {} }

for i, row in ipairs(rows) do
  local refusal = { name = row[1], ec = row[2], message = row[3], hint = row[4], argument = row[5] or "callback" }
  M.list[i] = refusal
  M.by_name[refusal.name] = refusal
  if refusal.ec then
    M.by_ec[refusal.ec] = refusal
  end
  if refusal.message then
    M.by_message[refusal.message] = refusal
  end
end

return M
