-- Which cookies are the platform's own, whatever prefix their name bears, and a request without them.

local PREFIXES = { "__host-", "__secure-", "__http-", "__hosthttp-" }

-- Browsers send a nameless cookie as its bare value: "=portico_x=1" comes back as "portico_x=1".
local function is_ours(cookie)
  local text = cookie:match("^[%s=]*(.*)"):lower()
  for _, prefix in ipairs(PREFIXES) do
    if text:sub(1, #prefix) == prefix then
      text = text:sub(#prefix + 1)
    end
  end
  return text:sub(1, 8) == "portico_"
end

local function without_ours(header)
  local kept = {}
  for cookie in header:gmatch("[^;]+") do
    if not is_ours(cookie) then
      kept[#kept + 1] = cookie:match("^%s*(.-)%s*$")
    end
  end
  return table.concat(kept, "; ")
end

local function take_out_ours(headers)
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
