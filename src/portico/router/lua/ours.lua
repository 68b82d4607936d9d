-- Which cookies are the platform's own, whatever prefix their name bears, and a request without them.
-- Cookies are long, and patterns look at each character: only beginnings are matched by one.

local PREFIXES = { "__host-", "__secure-", "__http-", "__hosthttp-" }
local LONGEST = #table.concat(PREFIXES) + #"portico_"

-- Browsers send a nameless cookie as its bare value: "=portico_x=1" comes back as "portico_x=1".
local function is_ours(cookie)
  local first = cookie:find("[^%s=]") or 1
  local text = cookie:sub(first, first + LONGEST - 1):lower()
  if text:sub(1, 2) == "__" then
    for _, prefix in ipairs(PREFIXES) do
      if text:sub(1, #prefix) == prefix then
        text = text:sub(#prefix + 1)
      end
    end
  end
  return text:sub(1, 8) == "portico_"
end

local function trimmed(text)
  local first = text:find("%S")
  if first and text:sub(-1):find("%S") then
    return text:sub(first)
  end
  return text:match("^%s*(.-)%s*$")
end

local function without_ours(header)
  local kept, first = {}, 1
  repeat
    local last = header:find(";", first, true)
    local cookie = header:sub(first, (last or 0) - 1)
    if cookie ~= "" and not is_ours(cookie) then
      kept[#kept + 1] = trimmed(cookie)
    end
    first = (last or 0) + 1
  until not last
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
