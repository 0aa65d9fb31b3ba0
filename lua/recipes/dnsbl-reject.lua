-- Refuses clients that a DNS block list knows, unless somebody has signed in.
-- filter-dnsbl asks the lists and leaves facts; with `reject = 0` there, this rule decides.
pli.on ("rcpt", function (txn, rcpt)
  if txn.facts["dnsbl.listed"] and not txn.login then
    return pli.reject { code = 550, status = "5.7.1", "%s is listed by %s", txn.session.peer, txn.facts["dnsbl.zone"] }
  end
end)
