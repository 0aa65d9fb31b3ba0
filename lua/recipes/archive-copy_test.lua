pli.test ("sales is archived", function (t)
  local r = t.run { stage = "deliver", rcpt = "sales+berlin@example.test", file = "plain.eml" }
  assert (r.kind == "copy" and #r.to == 1 and r.to[1] == "archive@example.test")
end)

pli.test ("nobody else is", function (t)
  assert (t.run { stage = "deliver", rcpt = "ann@example.test", file = "plain.eml" }.kind == "none")
  assert (t.run { stage = "deliver", rcpt = "archive@example.test", file = "plain.eml" }.kind == "none")
end)
