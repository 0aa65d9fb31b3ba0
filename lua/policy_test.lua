-- policy_test.lua: the tests of policy.lua; `pli policy test` runs them without a server.
pli.test ("spam that is marked goes to junk", function (t)
  local r = t.run { stage = "headers", message = "X-Spam-Flag: YES\n\nbuy\n" }
  assert (r.kind == "quarantine" and r.where == "policy.lua:10", r.where)
end)

pli.test ("other mail goes on", function (t)
  assert (t.run { stage = "headers", message = "X-Spam-Flag: no\n\nhello\n" }.kind == "none")
  assert (t.run { stage = "headers", message = "Subject: x\n\nhello\n" }.kind == "none")
end)

pli.test ("our own people's mail is not asked", function (t)
  assert (t.run { stage = "headers", login = "ann@example.test", message = "X-Spam-Flag: YES\n\n\n" }.kind == "none")
end)
