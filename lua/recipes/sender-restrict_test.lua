local function run (t, sender, kind, rcpt)
  return t.run { stage = "rcpt", sender = sender, rcpt = rcpt or "all@example.test",
                 answers = kind and { ["lookup:" .. sender] = kind } }
end

pli.test ("strangers may not", function (t)
  assert (run (t, "x@example.com").status == "5.7.2")
end)

pli.test ("announcers may, when they exist", function (t)
  assert (run (t, "boss@example.com", "foreign").kind == "none")
  assert (run (t, "ann@example.test", "local").kind == "none")
  assert (run (t, "nobody@example.test", "unknown").status == "5.1.8")
end)

pli.test ("a directory that does not answer puts the message off", function (t)
  local r = run (t, "ann@example.test", "!")
  assert (r.kind == "error" and r.text:find ("sender-restrict.lua:10:", 1, true), r.text)
end)

pli.test ("other recipients are free", function (t)
  assert (run (t, "x@example.com", nil, "ann@example.test").kind == "none")
end)
