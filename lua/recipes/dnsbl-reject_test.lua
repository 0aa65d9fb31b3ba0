pli.test ("a listed client is refused", function (t)
  local r = t.run { stage = "rcpt", peer = "192.0.2.9", facts = { ["dnsbl.listed"] = "yes", ["dnsbl.zone"] = "bl.example" } }
  assert (r.kind == "reject" and r.code == 550 and r.status == "5.7.1")
  assert (r.text == "192.0.2.9 is listed by bl.example", r.text)
end)

pli.test ("others and our own people are not", function (t)
  assert (t.run { stage = "rcpt" }.kind == "none")
  assert (t.run { stage = "rcpt", login = "ann@example.test", facts = { ["dnsbl.listed"] = "yes" } }.kind == "none")
end)
