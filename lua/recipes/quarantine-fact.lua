-- A message whose sender could not be proved, and that a block list knows besides, goes to junk and says why.
pli.on ("message", function (txn, msg)
  if txn.facts["spf.result"] == "fail" and txn.facts["dnsbl.listed"] then
    msg:add_header ("X-Why-Junk", "SPF fails, and " .. txn.facts["dnsbl.zone"] .. " lists the sender")
    return pli.quarantine "unproved and listed"
  end
end)
