-- Keeps what an app sets in a browser inside the app's own path.

local function with_path(cookie, root)
  local kept = {}
  for part in cookie:gmatch("[^;]+") do
    local key = part:match("^%s*([^=%s]*)"):lower()
    if #kept == 0 or not (key == "domain" or (key == "path" and root ~= "/")) then
      kept[#kept + 1] = part
    end
  end
  if root ~= "/" then
    kept[#kept + 1] = " Path=" .. root
  end
  return table.concat(kept, ";")
end

local function mend_cookies(headers, root)
  local kept = {}
  for i = 0, headers:getNumValues("set-cookie") - 1 do
    local cookie = headers:getAtIndex("set-cookie", i)
    if not is_ours(cookie) then
      kept[#kept + 1] = with_path(cookie, root)
    end
  end
  headers:remove("set-cookie")
  for _, cookie in ipairs(kept) do
    headers:add("set-cookie", cookie)
  end
end

-- A path that is not plainly below the root may lead out of it.
local function is_inside(scope, root)
  return scope:sub(1, #root) == root and not scope:find("..", 1, true) and not scope:find("[%%\\]")
end

function envoy_on_response(handle)
  local headers = handle:headers()
  local root = handle:filterContext():get("root")
  if headers:get("set-cookie") then
    mend_cookies(headers, root)
  end
  local scope = headers:get("service-worker-allowed")
  if scope and not is_inside(scope, root) then
    headers:remove("service-worker-allowed")
  end
  -- It would clear the cookies of every app of the domain, and the platform's.
  headers:remove("clear-site-data")
end
