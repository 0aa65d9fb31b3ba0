pli.test ("a program is refused", function (t)
  local r = t.run { stage = "message", file = "program.eml" }
  assert (r.kind == "reject" and r.text == "attachments of type exe are not taken here", r.text)
end)

pli.test ("a plain message is taken", function (t)
  assert (t.run { stage = "message", file = "plain.eml" }.kind == "none")
end)
