-- Takes the platform's own cookies and tokens out of a request before an app sees it.

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
  take_out_ours(headers)
end
