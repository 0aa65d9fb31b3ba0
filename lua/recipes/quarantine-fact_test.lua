pli.test ("both facts: junk, with a reason", function (t)
  local r = t.run { stage = "message", file = "plain.eml",
                    facts = { ["spf.result"] = "fail", ["dnsbl.listed"] = "yes", ["dnsbl.zone"] = "bl.example" } }
  assert (r.kind == "quarantine" and r.edits == "add X-Why-Junk: SPF fails, and bl.example lists the sender\n", r.edits)
end)

pli.test ("one fact is not enough", function (t)
  local r = t.run { stage = "message", file = "plain.eml", facts = { ["spf.result"] = "fail" } }
  assert (r.kind == "none" and r.edits == "")
end)
