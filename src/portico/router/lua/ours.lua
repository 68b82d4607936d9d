-- Which cookies are the platform's own, whatever prefix their name bears.

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
