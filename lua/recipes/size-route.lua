-- Large messages leave by a line of their own: `[route slow]` in conf.d, with `relay = …`.
pli.route (function (msg, rcpt)
  if msg.size > 20 * pli.MiB then return pli.to "slow" end
end)
