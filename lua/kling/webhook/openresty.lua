--- Takes a callback within nginx: for content_by_lua, and answers by itself.

local ngx = _G.ngx

-- nginx keeps a body in memory up to client_body_buffer_size and puts a longer one into a file.
local function body_from_file(most)
  local path = ngx.req.get_body_file()
  local file = path and io.open(path, "rb")
  local body = file and file:read(most + 1)
  if file then
    file:close()
  end
  return body or ""
end

local function read_body(most)
  local length = tonumber(ngx.var.http_content_length)
  if length and length > most then
    return nil
  end
  ngx.req.read_body()
  return ngx.req.get_body_data() or body_from_file(most)
end

local function answer(status)
  ngx.status = status
  ngx.eof() -- at once: whatever the program does next, the service does not wait for it
end

--- What `receiver:receive` returns; nothing for another method than POST.
return function(receiver)
  if ngx.req.get_method() ~= "POST" then
    answer(405)
    return nil
  end
  local body = read_body(receiver.max_body)
  local event, message, failure = receiver:receive(ngx.var.request_uri, ngx.req.get_headers(), body)
  answer(event and 204 or failure.http_status)
  return event, message, failure
end
