-- Decides by the cookie alone whether a request may pass. Where it may not, web is asked.
-- COOKIE is its name.

-- What the cookie says whose name ends before `first`. Envoy has verified it without quotes and space
-- around it, so it is the same when it has none; what lies between need not be looked at.
local function value(text, first)
  local last = (text:find(";", first, true) or 0) - 1
  local found = text:sub(first + 1, last)
  local is_bare = found:find("^[%w_-]") and found:sub(-1):find("[%w_-]")
  return text:sub(first, first) == "=" and is_bare and found
end

-- The one cookie of that name. With two it is unknown which of them was verified.
local function only_token(headers)
  local found
  for i = 0, headers:getNumValues("cookie") - 1 do
    local text = headers:getAtIndex("cookie", i)
    local first, last = text:find(COOKIE, 1, true)
    while first do
      local token = value(text, last + 1)
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

-- `app` is the route's name: the app's number.
local function is_for(claims, app)
  return type(claims.app) == "number" and claims.app == tonumber(app)
end

function envoy_on_request(handle)
  local headers = handle:headers()
  local stream = handle:streamInfo()
  local app = stream:routeName()
  local metadata = stream:dynamicMetadata()
  local verified = metadata:get("envoy.filters.http.jwt_authn")
  local claims = verified and verified.identity
  local token = claims and is_for(claims, app) and only_token(headers)
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
  headers:replace("x-portico-gate", app)
end
