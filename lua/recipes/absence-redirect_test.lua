local function run (t, when, rcpt)
  return t.run { stage = "deliver", rcpt = rcpt or "ann@example.test", received = pli.time (when), file = "plain.eml" }
end

pli.test ("away: a colleague gets it", function (t)
  local r = run (t, "2026-12-31 12:00")
  assert (r.kind == "copy" and r.to[1] == "bob@example.test" and r.name == "Absence" and r.flags == 1)
end)

pli.test ("before, after, and for others nothing happens", function (t)
  assert (run (t, "2026-12-23 23:59").kind == "none")
  assert (run (t, "2027-01-07").kind == "none")
  assert (run (t, "2026-12-31", "carl@example.test").kind == "none")
end)
