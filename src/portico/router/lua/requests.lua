-- Takes the platform's own cookies and tokens out of a request before an app sees it.

local function without_ours(header)
  local kept = {}
  for cookie in header:gmatch("[^;]+") do
    if not is_ours(cookie) then
      kept[#kept + 1] = cookie:match("^%s*(.-)%s*$")
    end
  end
  return table.concat(kept, "; ")
end

local function has_our_token(headers)
  for i = 0, headers:getNumValues("authorization") - 1 do
    if headers:getAtIndex("authorization", i):lower():find("^%s*bearer%s+portico_") then
      return true
    end
  end
  return false
end

function envoy_on_request(handle)
  local headers = handle:headers()
  if has_our_token(headers) then
    headers:remove("authorization")
  end
  local kept = {}
  for i = 0, headers:getNumValues("cookie") - 1 do
    local rest = without_ours(headers:getAtIndex("cookie", i))
    if rest ~= "" then
      kept[#kept + 1] = rest
    end
  end
  headers:remove("cookie")
  if #kept > 0 then
    headers:add("cookie", table.concat(kept, "; "))
  end
end
