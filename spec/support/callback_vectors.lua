-- What npm's ali-oss 6.23.0 (MIT) sends for some callbacks, byte for byte. `vars` keeps its order,
-- which Lua tables do not have.
return {
  {
    name = "JSON body, https, SNI, percent-encoded query, UTF-8",
    urls = { "https://cb.example.com/oss?from=sdk&lang=%E4%B8%AD%E6%96%87" },
    host = "cb.example.com",
    body = '{"bucket":${bucket},"object":${object},"mimeType":${mimeType},"size":${size},"user":${x:uid},'
      .. '"note":"\195\190\195\191?>"}',
    body_type = "application/json",
    sni = true,
    vars = { "uid", "~~~???>>>", "order_id", "42" },
    callback = "eyJjYWxsYmFja1VybCI6Imh0dHBzOi8vY2IuZXhhbXBsZS5jb20vb3NzP2Zyb209c2RrJmxhbmc9JUU0JUI4JUFEJUU2J"
      .. "Tk2JTg3IiwiY2FsbGJhY2tCb2R5Ijoie1wiYnVja2V0XCI6JHtidWNrZXR9LFwib2JqZWN0XCI6JHtvYmplY3R9LFwibWltZVR"
      .. "5cGVcIjoke21pbWVUeXBlfSxcInNpemVcIjoke3NpemV9LFwidXNlclwiOiR7eDp1aWR9LFwibm90ZVwiOlwiw77Dvz8+XCJ9I"
      .. "iwiY2FsbGJhY2tIb3N0IjoiY2IuZXhhbXBsZS5jb20iLCJjYWxsYmFja0JvZHlUeXBlIjoiYXBwbGljYXRpb24vanNvbiIsImN"
      .. "hbGxiYWNrU05JIjp0cnVlfQ==",
    callback_var = "eyJ4OnVpZCI6In5+fj8/Pz4+PiIsIng6b3JkZXJfaWQiOiI0MiJ9",
  },
  {
    name = "form body, default type, variables with UTF-8",
    urls = { "http://callback.example.com:23450/oss" },
    body = "bucket=${bucket}&object=${object}&etag=${etag}&size=${size}&mimeType=${mimeType}&my_var=${x:var1}",
    vars = { "var1", "value1", "x:var2", "值 2?>~" },
    callback = "eyJjYWxsYmFja1VybCI6Imh0dHA6Ly9jYWxsYmFjay5leGFtcGxlLmNvbToyMzQ1MC9vc3MiLCJjYWxsYmFja0JvZHkiOiJi"
      .. "dWNrZXQ9JHtidWNrZXR9Jm9iamVjdD0ke29iamVjdH0mZXRhZz0ke2V0YWd9JnNpemU9JHtzaXplfSZtaW1lVHlwZT0ke21pbW"
      .. "VUeXBlfSZteV92YXI9JHt4OnZhcjF9In0=",
    callback_var = "eyJ4OnZhcjEiOiJ2YWx1ZTEiLCJ4OnZhcjIiOiLlgLwgMj8+fiJ9",
  },
  {
    name = "URL and body alone",
    urls = { "http://127.0.0.1:8080/cb" },
    body = "ok=1",
    callback = "eyJjYWxsYmFja1VybCI6Imh0dHA6Ly8xMjcuMC4wLjE6ODA4MC9jYiIsImNhbGxiYWNrQm9keSI6Im9rPTEifQ==",
  },
}
