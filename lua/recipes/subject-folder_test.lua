pli.test ("a tag names the folder", function (t)
  local r = t.run { stage = "deliver", file = "tagged.eml" }
  assert (r.kind == "file" and r.name == "Lists/pli" and r.flags == 0, r.name)
end)

pli.test ("what machines write is filed and read", function (t)
  local r = t.run { stage = "deliver", message = "Subject: cron\nAuto-Submitted: auto-generated\n\nx\n" }
  assert (r.kind == "file" and r.name == "Machines" and r.flags == 1)
end)

pli.test ("other mail stays in the inbox", function (t)
  assert (t.run { stage = "deliver", file = "plain.eml" }.kind == "none")
end)
