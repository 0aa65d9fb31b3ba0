-- What one of our domains sends leaves by that domain's own relay: `[route customer]` in conf.d.
local routes = { ["customer.example"] = "customer" }

pli.route (function (msg, rcpt)
  local name = routes[msg.sender_domain]
  if name then return pli.to (name) end
end)
