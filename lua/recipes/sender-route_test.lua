pli.test ("the domain of the sender chooses the route", function (t)
  local r = t.run { stage = "route", sender = "info@customer.example", rcpt = "x@example.net", file = "plain.eml" }
  assert (r.kind == "to" and r.name == "customer")
  assert (t.run { stage = "route", sender = "ann@example.test", file = "plain.eml" }.kind == "none")
  assert (t.run { stage = "route", sender = "", file = "plain.eml" }.kind == "none")
end)
