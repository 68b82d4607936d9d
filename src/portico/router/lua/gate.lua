-- Decides by the cookie alone whether a request may pass. Where it may not, web is asked.
-- COOKIE is its name.

-- The one cookie of that name. With two it is unknown which of them was verified.
local function only_token(headers)
  local found
  for i = 0, headers:getNumValues("cookie") - 1 do
    local text = headers:getAtIndex("cookie", i)
    local first, last = text:find(COOKIE, 1, true)
    while first do
      local token = text:match("^=([%w_.-]+)%f[;%z]", last + 1)
      local is_whole = first == 1 or text:sub(first - 1, first - 1):find("[; ]")
      if found or not token or not is_whole then
        return nil
      end
      found = token
      first, last = text:find(COOKIE, last, true)
    end
  end
  return found
end

local function introduce(headers, claims, token)
  headers:replace("x-forwarded-user", claims.sub)
  headers:replace("x-forwarded-email", claims.email)
  headers:replace("x-forwarded-groups", claims.groups)
  headers:replace("x-portico-identity", token)
end

function envoy_on_request(handle)
  local app = handle:filterContext():get("app")
  local headers = handle:headers()
  local metadata = handle:streamInfo():dynamicMetadata()
  local verified = metadata:get("envoy.filters.http.jwt_authn")
  local claims = verified and verified.identity
  local token = claims and claims.app == app and only_token(headers)
  if token then
    local is_fresh = os.time() <= claims.exp
    introduce(headers, claims, token)
    if is_fresh then
      -- Nobody is asked who would need them: so the script that does it for others need not run.
      take_out_ours(headers)
      metadata:set("portico.gate", "good", true)
      return
    end
    metadata:set("portico.gate", "stale", true)
  end
  headers:replace("x-portico-gate", tostring(app))
end
