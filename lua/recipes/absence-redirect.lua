-- While somebody is away (UTC), a colleague gets the mail and the absent one keeps a copy, read already.
local away = {
  ["ann@example.test"] = { from = pli.time "2026-12-24", to = pli.time "2027-01-07", instead = "bob@example.test" },
}

pli.on ("deliver", function (msg, rcpt)
  local a = away[rcpt.address]
  if a and msg.received >= a.from and msg.received < a.to then
    return pli.copy (a.instead, { folder = "Absence", flags = { "\\Seen" } })
  end
end)
